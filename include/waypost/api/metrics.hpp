#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "waypost/base/error.hpp"
#include "waypost/base/process.hpp"
#include "waypost/engine/engine.hpp"
#include "waypost/geo/gazetteer.hpp"
#include "waypost/net/connection_count.hpp"
#include "waypost/net/egress.hpp"
#include "waypost/store/job_store.hpp"
#include "waypost/trace/tracer.hpp"
#include "waypost/webhook/deliverer.hpp"

namespace waypost::api {

/// What of the HTTP servers is known to whoever made them.
struct ConnectionFigures {
  std::uint64_t open = 0;
  std::uint64_t requests_in_flight = 0;
  net::Cuts cuts{};  ///< since the start
};

/// What of `/metrics` is gathered when it is asked for.
struct MetricsSnapshot {
  Time now{};
  engine::Stats stats;
  bool store_healthy = true;
  store::StoreFigures store;
  store::Backlog backlog;
  webhook::DelivererFigures webhooks;
  net::EgressRefusals egress;
  ConnectionFigures connections;
  std::optional<geo::GazetteerInfo> gazetteer;
  trace::TracerFigures traces;
  ProcessFigures process;
};

/// Prometheus metrics: `waypost_` names, base units, labels of bounded number. Counts what belongs to
/// requests, and shows that together with what others count. Any thread; takes no lock.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  /// One HTTP response. `route` is the index in the table of routes; nothing for an unknown path.
  void request(std::optional<std::size_t> route, int status, std::chrono::microseconds elapsed);
  /// A request that was refused for who made it.
  void refused(Code why);
  /// The text exposition format.
  std::string render(const MetricsSnapshot& snapshot) const;

 private:
  struct Counts;
  std::unique_ptr<Counts> counts_;
};

}  // namespace waypost::api
