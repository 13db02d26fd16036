#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "waypost/net/client.hpp"
#include "waypost/trace/tracer.hpp"

namespace waypost::trace {

/// To whom spans go.
struct Collector {
  net::Url endpoint;                ///< where they are posted: `…/v1/traces`
  std::vector<net::Field> headers;  ///< such as the collector's credentials
  Resource resource;
};

struct ExporterOptions {
  Collector collector;
  std::size_t batch = 512;                    ///< spans in one request, at most
  std::chrono::milliseconds delay{1000};      ///< how long a span waits for others
  std::chrono::milliseconds timeout{10'000};  ///< of one request
  /// Gaps between attempts at one batch, on 429, 502, 503, 504 (OTLP/HTTP, "Retryable Response Codes") and
  /// faults of the network; then it is given up.
  std::vector<std::chrono::milliseconds> retry_gaps{std::chrono::seconds{1},  std::chrono::seconds{2},
                                                    std::chrono::seconds{4},  std::chrono::seconds{8},
                                                    std::chrono::seconds{16}, std::chrono::seconds{30}};
};

/// Posts the spans of a tracer to an OpenTelemetry collector (OTLP/HTTP with JSON), on a thread of its own
/// that sleeps while there are none. The egress guard is not asked: the endpoint is the operator's own.
class Exporter {
 public:
  /// The tracer outlives it.
  Exporter(Tracer& tracer, ExporterOptions options);
  /// As `stop`, with no time left.
  ~Exporter();
  /// Posts to another collector, from the next request on. Any thread.
  void reconfigure(Collector collector);
  /// Posts what waits, once, for at most `limit`, and ends the thread. Blocks.
  void stop(std::chrono::milliseconds limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The URL under which a collector takes traces: its own with `/v1/traces` behind it (OTLP exporter
/// specification, "Endpoint URLs for OTLP/HTTP"). Fails when it is no http or https URL.
Result<net::Url> traces_url(std::string_view collector);

/// The headers of OTEL_EXPORTER_OTLP_HEADERS, `name=value,…` with percent-encoded values. Fails with the
/// entry at fault.
Result<std::vector<net::Field>> parse_headers(std::string_view text);

}  // namespace waypost::trace
