#include "waypost/trace/exporter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <thread>

#include "waypost/base/asio.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/text.hpp"
#include "waypost/base/thread_name.hpp"

namespace waypost::trace {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds longest_retry_after{60};

/// The operator named the collector, so the guard is open to it, wherever it stands.
net::EgressPolicy open_to(const net::Url& url) {
  auto policy = net::EgressPolicy::make({url.host}, {}, true);
  return policy ? std::move(*policy) : net::EgressPolicy::make({}, {}, true).value();
}

bool may_be_retried(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

/// What came of one request.
struct Attempt {
  bool taken = false;
  bool again = false;
  std::optional<milliseconds> after;  ///< as the collector wishes
  std::string trouble;
};

std::optional<milliseconds> wish_of(const net::ClientResponse& response) {
  const std::string* field = response.field("retry-after");
  if (field == nullptr) return {};
  int seconds = 0;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), seconds);
  if (error != std::errc{} || end != field->data() + field->size() || seconds < 0) return {};
  return std::min<milliseconds>(std::chrono::seconds{seconds}, longest_retry_after);
}

void log_thrown(std::exception_ptr thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    log::error("the export of traces broke and has ended", {{"what", error.what()}});
  }
}

}  // namespace

class Exporter::Impl {
 public:
  Impl(Tracer& tracer, ExporterOptions options)
      : tracer_(tracer),
        options_(std::move(options)),
        policy_(open_to(options_.collector.endpoint)),
        client_(context_, policy_, {.max_idle_per_origin = 1, .max_idle = 1}),
        timer_(context_) {
    tracer_.when_waiting(options_.batch, [this] { asio::post(context_, [this] { timer_.cancel(); }); });
    asio::co_spawn(context_, run(), log_thrown);
    thread_ = std::thread([this] {
      name_thread("wp-traces");
      context_.run();
    });
  }

  void reconfigure(Collector collector) {
    asio::post(context_, [this, collector = std::move(collector)]() mutable {
      options_.collector = std::move(collector);
      policy_.replace(open_to(options_.collector.endpoint));
    });
  }

  void stop(milliseconds limit) {
    if (!thread_.joinable()) return;
    asio::post(context_, [this, limit] {
      stopping_ = true;
      timer_.cancel();
      deadline_.emplace(context_, limit);
      deadline_->async_wait([this](const boost::system::error_code& error) {
        if (!error) abort_.request();
      });
    });
    thread_.join();
    tracer_.when_waiting(0, {});
  }

 private:
  asio::awaitable<void> sleep(std::chrono::steady_clock::time_point until) {
    boost::system::error_code cancelled;
    timer_.expires_at(until);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }

  asio::awaitable<void> run() {
    while (true) {
      if (tracer_.waiting() == 0) {
        if (stopping_) break;
        co_await sleep(std::chrono::steady_clock::time_point::max());
        continue;
      }
      const auto until = std::chrono::steady_clock::now() + options_.delay;
      while (!stopping_ && tracer_.waiting() < options_.batch && std::chrono::steady_clock::now() < until)
        co_await sleep(until);
      co_await send(tracer_.take(options_.batch));
    }
    context_.stop();
  }

  asio::awaitable<void> send(std::vector<Span> spans) {
    const std::string body = to_otlp(options_.collector.resource, spans);
    for (const milliseconds gap : options_.retry_gaps) {
      const Attempt attempt = co_await post(body);
      if (attempt.taken) {
        tracer_.note_exported(spans.size());
        if (std::exchange(failing_, false)) log::info("traces are exported again", {{"to", origin()}});
        co_return;
      }
      if (!std::exchange(failing_, true))
        log::warn("traces cannot be exported", {{"to", origin()}, {"error", attempt.trouble}});
      if (!attempt.again || stopping_) break;
      const auto until = std::chrono::steady_clock::now() + attempt.after.value_or(gap);
      while (!stopping_ && std::chrono::steady_clock::now() < until) co_await sleep(until);
    }
    tracer_.note_failed(spans.size());
  }

  asio::awaitable<Attempt> post(const std::string& body) {
    if (abort_.requested()) co_return Attempt{.trouble = "the service ends"};
    net::ClientRequest request{.method = "POST",
                               .url = options_.collector.endpoint,
                               .body = body,
                               .timeout = options_.timeout,
                               .truncate = true};
    request.fields = options_.collector.headers;
    request.fields.push_back({"Content-Type", "application/json"});
    request.fields.push_back({"User-Agent", "Waypost/" WAYPOST_VERSION});
    const auto answer = co_await client_.send(std::move(request), abort_);
    if (!answer) co_return Attempt{.again = true, .trouble = answer.error().message};
    if (answer->status >= 200 && answer->status < 300) co_return Attempt{.taken = true};
    co_return Attempt{.again = may_be_retried(answer->status),
                      .after = wish_of(*answer),
                      .trouble = "the collector answered " + std::to_string(answer->status)};
  }

  std::string origin() const {
    const net::Url& endpoint = options_.collector.endpoint;
    return endpoint.scheme + "://" + endpoint.authority();
  }

  Tracer& tracer_;
  ExporterOptions options_;  ///< only the collector changes: a coroutine waits by the others
  asio::io_context context_{1};
  net::EgressPolicy policy_;
  net::Client client_;
  asio::steady_timer timer_;
  std::optional<asio::steady_timer> deadline_;
  net::Abort abort_;
  bool stopping_ = false;
  bool failing_ = false;
  std::thread thread_;
};

Exporter::Exporter(Tracer& tracer, ExporterOptions options)
    : impl_(std::make_unique<Impl>(tracer, std::move(options))) {}

Exporter::~Exporter() {
  stop(milliseconds{0});
}

void Exporter::reconfigure(Collector collector) {
  impl_->reconfigure(std::move(collector));
}

void Exporter::stop(milliseconds limit) {
  impl_->stop(limit);
}

Result<net::Url> traces_url(std::string_view collector) {
  while (collector.ends_with('/')) collector.remove_suffix(1);
  auto url = net::parse_url(collector);
  if (url) url->target = (url->target == "/" ? "" : url->target) + "/v1/traces";
  return url;
}

Result<std::vector<net::Field>> parse_headers(std::string_view text) {
  std::vector<net::Field> fields;
  for (const auto entry : text::split(text, ',')) {
    if (text::trim(entry).empty()) continue;
    const auto equals = entry.find('=');
    const auto name = text::trim(entry.substr(0, equals));
    const auto value = equals == std::string_view::npos
                           ? std::nullopt
                           : text::percent_decode(text::trim(entry.substr(equals + 1)), false);
    if (name.empty() || !value)
      return fail(Code::validation_failed, "a header must be NAME=VALUE, with a percent-encoded value");
    fields.push_back({std::string(name), *value});
  }
  return fields;
}

}  // namespace waypost::trace
