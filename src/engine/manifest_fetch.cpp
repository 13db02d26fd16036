#include "engine/manifest_fetch.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "waypost/base/asio.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/text.hpp"
#include "waypost/engine/batch_plan.hpp"
#include "waypost/job/rules.hpp"
#include "waypost/net/offload.hpp"
#include "waypost/operation/retry_after.hpp"

namespace waypost::engine {

namespace {

/// Without a byte of the manifest for so long the attempt has failed.
constexpr std::chrono::seconds patience{60};

FetchFailure failure_of(const Error& error) {
  const bool may_pass = error.code == Code::internal || error.code == Code::insufficient_storage;
  return {.code = std::string(describe(error.code).name), .message = error.message, .retry = may_pass};
}

FetchFailure failure_of(const net::ClientError& error) {
  using Kind = net::ClientError::Kind;
  const bool final = error.kind == Kind::egress_forbidden || error.kind == Kind::too_large;
  return {.code = std::string(net::to_string(error.kind)),
          .message = "the manifest cannot be fetched: " + error.message,
          .retry = !final};
}

FetchFailure failure_of(const net::ClientResponse& response, Time now) {
  const int status = response.status;
  FetchFailure failure{.code = "http_status",
                       .message = "the manifest's address answered with status " + std::to_string(status),
                       .retry = status == 408 || status == 425 || status == 429 || status >= 500};
  if (const auto* after = response.field("retry-after"); after != nullptr && failure.retry)
    failure.retry_after = operation::parse_retry_after(*after, now);
  return failure;
}

/// By its media type, else by the name in its address, else CSV.
batch::ManifestFormat format_of(const net::ClientResponse& head, std::string_view url) {
  if (const auto* field = head.field("content-type")) {
    const std::string type = text::lower_ascii(text::trim(field->substr(0, field->find(';'))));
    if (type == "text/csv") return batch::ManifestFormat::csv;
    if (type.ends_with("ndjson") || type.ends_with("jsonl") || type.ends_with("jsonlines"))
      return batch::ManifestFormat::ndjson;
  }
  std::string_view path = url.substr(0, url.find_first_of("?#"));
  if (path.ends_with(".gz")) path.remove_suffix(3);
  const bool lines = path.ends_with(".ndjson") || path.ends_with(".jsonl");
  return lines ? batch::ManifestFormat::ndjson : batch::ManifestFormat::csv;
}

}  // namespace

/// Writes what comes to disk, on the workers.
class ManifestFetch::Writer final : public net::BodySink {
 public:
  Writer(const FetchNeeds& needs, const job::Batch& batch) : needs_(needs), batch_(batch) {}

  void begin(const net::ClientResponse& head) override {
    format_ = format_of(head, batch_.source->url);
    writer_.reset();
  }
  asio::awaitable<bool> take(std::string_view bytes) override {
    auto work = [&] { return append(bytes); };
    const auto taken = co_await net::offload(needs_.workers, work);
    if (!taken) error_ = taken.error();
    co_return taken.has_value();
  }
  asio::awaitable<Result<batch::ManifestFacts>> finish() {
    auto work = [&] { return finish_now(); };
    co_return co_await net::offload(needs_.workers, work);
  }
  /// What was written is of no use.
  asio::awaitable<void> drop() {
    auto work = [&] { return drop_now(); };
    if (const auto dropped = co_await net::offload(needs_.workers, work); !dropped)
      log::warn("a manifest could not be deleted",
                {{"manifest", batch_.manifest}, {"error", dropped.error().message}});
  }
  /// Why `take` wanted no more.
  const std::optional<Error>& error() const { return error_; }

 private:
  Result<void> open() {
    auto writer = batch::ManifestWriter::create(needs_.manifests, batch_.manifest, format_,
                                                {.max_bytes = needs_.max_bytes});
    if (!writer) return std::unexpected(writer.error());
    writer_ = std::move(*writer);
    return {};
  }
  Result<void> append(std::string_view bytes) {
    if (!writer_)
      if (auto opened = open(); !opened) return opened;
    return writer_->append(bytes);
  }
  Result<batch::ManifestFacts> finish_now() {
    if (!writer_)
      if (auto opened = open(); !opened) return std::unexpected(opened.error());
    auto facts = writer_->finish();
    if (!facts || batch_.source->etag.empty() || facts->etag == batch_.source->etag) return facts;
    // It was in place for a moment, under an id that only this job knows.
    if (auto dropped = drop_now(); !dropped) return std::unexpected(dropped.error());
    return fail(Code::etag_mismatch, "the manifest that was fetched has the etag " + facts->etag +
                                         ", the job asks for " + batch_.source->etag);
  }

  Result<void> drop_now() {
    writer_.reset();
    return batch::Manifest::remove(needs_.manifests, batch_.manifest);
  }

  const FetchNeeds& needs_;
  const job::Batch& batch_;
  batch::ManifestFormat format_ = batch::ManifestFormat::csv;
  std::optional<batch::ManifestWriter> writer_;
  std::optional<Error> error_;
};

ManifestFetch::ManifestFetch(operation::IoContext io, FetchNeeds needs, job::Job job)
    : io_(io), needs_(std::move(needs)), job_(std::move(job)) {}

void ManifestFetch::abort() {
  abort_.request();
}

asio::awaitable<ManifestFetch::Fetched> ManifestFetch::run() {
  for (int attempt = 1;; ++attempt) {
    auto fetched = co_await fetch();
    if (fetched || !fetched.error().retry || attempt >= job_.spec.max_attempts || abort_.requested())
      co_return fetched;
    Milliseconds delay = job::backoff_delay(job_.spec.backoff, attempt, 0.5);
    if (const auto& after = fetched.error().retry_after) delay = std::max<Milliseconds>(delay, *after);
    co_await wait(delay);
  }
}

asio::awaitable<ManifestFetch::Fetched> ManifestFetch::fetch() {
  const job::Batch& batch = *job_.spec.batch;
  auto url = net::parse_url(batch.source->url);
  if (!url) co_return std::unexpected(failure_of(url.error()));
  Writer writer(needs_, batch);
  net::ClientRequest request{
      .url = std::move(*url), .timeout = patience, .max_response_bytes = needs_.max_bytes, .sink = &writer};
  const auto response = co_await io_.client.send(std::move(request), abort_);
  if (writer.error() || !response) co_await writer.drop();
  if (writer.error()) co_return std::unexpected(failure_of(*writer.error()));
  if (!response) co_return std::unexpected(failure_of(response.error()));
  if (response->status < 200 || response->status > 299)
    co_return std::unexpected(failure_of(*response, needs_.clock.now()));
  const auto facts = co_await writer.finish();
  if (!facts) co_return std::unexpected(failure_of(facts.error()));
  auto batch_with_rows = fit(*facts);
  if (!batch_with_rows) co_await writer.drop();
  co_return batch_with_rows;
}

ManifestFetch::Fetched ManifestFetch::fit(const batch::ManifestFacts& facts) const {
  const auto plan = plan_of(job_, facts, needs_.operations);
  if (!plan) return std::unexpected(failure_of(plan.error()));
  job::Batch batch = *job_.spec.batch;
  cut(batch, facts, plan->operation());
  if (batch.report_format.empty())
    batch.report_format = batch::to_string(batch::default_report_format(facts.format));
  return batch;
}

/// Until the time is up, or the fetch is broken off.
asio::awaitable<void> ManifestFetch::wait(Milliseconds time) {
  asio::steady_timer timer(io_.context, asio::steady_timer::time_point::max());
  const auto alarm = needs_.clock.make_alarm(io_.context, [&timer] { timer.cancel(); });
  alarm->set(needs_.clock.now() + time);
  abort_.on_request([&timer] { timer.expires_at(asio::steady_timer::time_point::min()); });
  boost::system::error_code ended;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  abort_.on_request({});
}

}  // namespace waypost::engine
