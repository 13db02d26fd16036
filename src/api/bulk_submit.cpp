#include "api/bulk.hpp"
#include "api/problem.hpp"
#include "api/submission.hpp"
#include "api/submit.hpp"
#include "api/tracing.hpp"
#include "waypost/base/text.hpp"
#include "waypost/net/offload.hpp"
#include "waypost/store/await.hpp"

/// POST /v1/jobs/bulk.
namespace waypost::api {
namespace {

constexpr std::size_t max_jobs = 10'000;
/// Faults that are named in one refusal; past them nothing more is read.
constexpr std::size_t max_faults = 1000;
/// Values in the whole of a JSON body; they take 50 bytes of memory each.
constexpr std::size_t max_values = 4'000'000;
/// For all names of the addresses together; what is not judged by then is judged when it is called.
constexpr Milliseconds names_patience{10'000};

/// Reads the jobs of a body one by one. Off the io threads: it may take a second.
class BulkReader {
 public:
  explicit BulkReader(const Call& call) : call_(call) {}

  Result<std::vector<NewJob>> read(bool lines) {
    if (auto done = lines ? read_lines() : read_document(); !done) return std::unexpected(done.error());
    if (jobs_.size() > max_jobs) refuse("too_long");
    if (jobs_.empty() && faults_.empty()) refuse("too_short");
    if (!faults_.empty()) return std::unexpected(refusal(std::move(faults_)));
    return std::move(jobs_);
  }

 private:
  Result<void> read_document() {
    const auto document = json::Document::parse(call_.request.body, {.max_values = max_values});
    if (!document) return std::unexpected(document.error());
    if (!document->root().is(json::Kind::object)) {
      faults_.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
      return {};
    }
    json::Fields fields(document->root(), "", faults_);
    fields.require("jobs");
    if (const auto jobs = fields.array("jobs"))
      for (const auto job : jobs->children())
        if (!add(job)) break;
    fields.finish();
    return {};
  }

  Result<void> read_lines() {
    std::size_t line = 0;
    for (const auto text : text::split(call_.request.body, '\n')) {
      ++line;
      if (text::trim(text).empty()) continue;
      const auto document = json::Document::parse(text, {.max_values = max_values});
      if (!document) return std::unexpected(in_line(line, document.error()));
      if (!add(document->root())) break;
    }
    return {};
  }

  static Error in_line(std::size_t line, Error error) {
    if (error.line) error.line = line;
    error.message = "line " + std::to_string(line) + " of the body: " + error.message;
    return error;
  }

  /// False when it is no use to read on.
  bool add(json::Value job) {
    const std::string at = "/jobs/" + std::to_string(jobs_.size());
    if (job.is(json::Kind::object)) {
      json::Fields fields(job, at, faults_);
      jobs_.push_back(read_job(fields, json::Fields::Source::body, call_.services, faults_));
      if (jobs_.back().batch.is_given())
        fields.fault("manifest", "not_allowed", "a job over a manifest is submitted by itself");
      jobs_.back().batch = {};
    } else {
      jobs_.emplace_back();
      faults_.push_back({.pointer = at, .code = "wrong_type", .detail = "must be an object"});
    }
    return jobs_.size() <= max_jobs && faults_.size() < max_faults;
  }

  void refuse(std::string code) {
    faults_.clear();
    faults_.push_back({.pointer = "/jobs",
                       .code = std::move(code),
                       .detail = "must have 1 to " + std::to_string(max_jobs) + " jobs"});
  }

  const Call& call_;
  std::vector<NewJob> jobs_;
  std::vector<Fault> faults_;
};

Result<bool> is_lines(const net::RequestHead& head) {
  const auto type = media_type(head);
  if (type == "application/json" || type == "application/x-ndjson") return type != "application/json";
  return fail(Code::unsupported_media_type,
              "jobs come as application/json or application/x-ndjson (UTF-8), not as \"" +
                  std::string(head.field("content-type").value_or("")) + "\"");
}

/// Checks each host that is named once.
asio::awaitable<void> check_hosts(const Services& services, const std::vector<NewJob>& jobs,
                                  std::vector<Fault>& faults) {
  const auto deadline = std::chrono::steady_clock::now() + names_patience;
  std::map<std::string, std::optional<std::string>> judged;  // why a host is forbidden, if it is
  for (std::size_t i = 0; i < jobs.size() && faults.size() < max_faults; ++i)
    for (const auto& [place, url] : addresses_of(jobs[i])) {
      const auto parsed = net::parse_url(url);
      if (!parsed) continue;  // noted when it was read
      const auto known = judged.find(parsed->host);
      if (known == judged.end()) {
        const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
        judged[parsed->host] = co_await why_forbidden(url, services, std::max(left, Milliseconds{0}));
      }
      if (const auto& why = judged[parsed->host])
        faults.push_back({.pointer = "/jobs/" + std::to_string(i) + "/" + place,
                          .code = "egress_forbidden",
                          .detail = *why});
    }
}

std::vector<job::Job> make_jobs(const Call& call, std::vector<NewJob> requests) {
  const Time now = call.services.clock.now();
  std::vector<job::Job> jobs;
  jobs.reserve(requests.size());
  for (NewJob& request : requests) {
    take_trace(call, request.spec);
    jobs.push_back(job::create(make_ulid(now), std::move(request.spec), std::move(request.payload), now));
  }
  return jobs;
}

}  // namespace

asio::awaitable<Reply> post_bulk(Call call) {
  const Services& services = call.services;
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto key = idempotency_key(call.request.head);
  if (!key) co_return std::unexpected(key.error());
  const auto lines = is_lines(call.request.head);
  if (!lines) co_return std::unexpected(lines.error());
  store::BulkSubmission submission;
  auto read = [&] {
    if (!key->empty())
      submission.idempotency =
          store::IdempotencyKey{*key, fingerprint(call.request.head, call.request.body), false};
    return BulkReader(call).read(*lines);
  };
  auto requests = co_await net::offload(services.disk, read);
  if (!requests) co_return std::unexpected(requests.error());
  std::vector<Fault> faults;
  co_await check_hosts(services, *requests, faults);
  if (!faults.empty()) co_return std::unexpected(refusal(std::move(faults)));
  submission.jobs = make_jobs(call, std::move(*requests));
  if (services.engine.draining()) co_return std::unexpected(engine::draining_error());
  auto submitted = co_await store::reply<store::Submitted>(
      [&](auto done) { services.bulk.submit(std::move(submission), std::move(done)); });
  if (!submitted) co_return std::unexpected(submitted.error());
  net::Response response = json_response(submitted->answer->status, std::move(submitted->answer->body));
  if (submitted->replayed) response.fields.push_back({"Idempotency-Replayed", "true"});
  co_return response;
}

}  // namespace waypost::api
