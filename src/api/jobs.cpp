#include "api/jobs.hpp"
#include "api/audit.hpp"

#include "api/batches.hpp"
#include "api/problem.hpp"
#include "api/submit.hpp"
#include "api/tracing.hpp"
#include "api/waiting.hpp"
#include "waypost/base/text.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

std::string etag_of(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

/// Reads ?wait= (strict) or Prefer: wait= (lenient).
Result<std::optional<Seconds>> wait_of(const Call& call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) return std::unexpected(parameters.error());
  const auto query = QueryObject::make(*parameters);
  if (!query) return std::unexpected(query.error());
  std::vector<Fault> faults;
  json::Fields fields(query->root(), "", faults, json::Fields::Source::query);
  const auto wait = fields.integer("wait", {0, INT32_MAX});
  fields.finish();
  if (!faults.empty()) return std::unexpected(faulty(Code::invalid_parameter, std::move(faults)));
  if (wait) return std::min(Seconds{*wait}, Seconds{60});
  return preferred_wait(call.request.head);
}

/// What is to run again: everything, or `{"rows": "failed"}`, of a batch those rows.
Result<job::RunAgain> read_retry(const Call& call) {
  job::RunAgain again;
  if (text::trim(call.request.body).empty()) return again;
  const auto document = json_body(call);
  if (!document) return std::unexpected(document.error());
  std::vector<Fault> faults;
  if (!document->root().is(json::Kind::object)) {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
    return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  }
  json::Fields fields(document->root(), "", faults);
  if (const auto rows = fields.string("rows")) {
    again.failed_rows = *rows == "failed";
    if (*rows != "failed" && *rows != "all")
      fields.fault("rows", "not_allowed", "must be \"failed\" or \"all\"");
  }
  fields.finish();
  if (!faults.empty()) return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  return again;
}

asio::awaitable<Reply> send_command(Call call, job::Command command) {
  const auto id = job_id(call);
  if (!id) co_return std::unexpected(id.error());
  auto job = co_await change<job::Job>(
      call, [&](auto done) { call.services.engine.steer(*id, std::move(command), std::move(done)); });
  if (!job) co_return std::unexpected(job.error());
  co_return job_response(*job, call.services.clock.now());
}

asio::awaitable<Reply> steer(Call call, job::Command command) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  co_return co_await send_command(call, std::move(command));
}

}  // namespace

net::Response job_response(const job::Job& job, Time now) {
  std::string body;
  json::Writer out(body);
  job::write(out, job, now);
  net::Response response = json_response(200, std::move(body));
  response.fields.push_back({"ETag", etag_of(job.version)});
  if (!job::is_terminal(job.state)) response.fields.push_back({"Retry-After", "1"});
  return response;
}

Result<store::OwnedId> job_id(const Call& call) {
  if (const auto id = parse_id(job::id_prefix, call.arguments[0]))
    return store::OwnedId(*id, call.principal.tenant);
  return fail(Code::not_found, "there is no job " + std::string(call.arguments[0].substr(0, 64)));
}

asio::awaitable<Result<job::Job>> load_job(Call call) {
  const auto id = job_id(call);
  if (!id) co_return std::unexpected(id.error());
  co_return co_await store::reply<job::Job>(
      [&](auto done) { call.services.store.get(*id, std::move(done)); });
}

asio::awaitable<Reply> post_job(Call call) {
  if (call.request.stream != nullptr) co_return co_await post_batch(std::move(call));
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto key = idempotency_key(call.request.head);
  if (!key) co_return std::unexpected(key.error());
  const auto document = json_body(call);
  if (!document) co_return std::unexpected(document.error());
  std::vector<Fault> faults;
  if (!document->root().is(json::Kind::object)) {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
    co_return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  }
  json::Fields fields(document->root(), "", faults);
  NewJob job = read_job(fields, json::Fields::Source::body, call.services, faults);
  if (faults.empty()) co_await check_addresses(job, json::Fields::Source::body, call.services, faults);
  if (!faults.empty()) co_return std::unexpected(refusal(std::move(faults)));
  const std::string print = key->empty() ? "" : fingerprint(call.request.head, call.request.body);
  if (job.batch.is_given()) co_return co_await submit_batch(call, std::move(job), *key, print);
  take_trace(call, job.spec);
  note_asker(job.spec, call);
  const Time now = call.services.clock.now();
  co_return co_await submit(
      call, job::create(make_ulid(now), std::move(job.spec), std::move(job.payload), now), *key, print);
}

namespace {

/// What of a job tells whether there is news of it.
struct Mark {
  std::int64_t version = 0;
  bool ended = false;
};
asio::awaitable<std::optional<Mark>> mark_of(const Services& services, store::OwnedId id) {
  const auto job =
      co_await store::reply<job::Job>([&](auto done) { services.store.get(id, std::move(done)); });
  if (!job) co_return std::nullopt;
  co_return Mark{job->version, job::is_terminal(job->state)};
}

/// Until the job is no more as the client knows it (If-None-Match), without that until it has ended; no
/// longer than `wait`. Many wait at once, so this and whoever waits for it hold no job meanwhile.
asio::awaitable<void> await_news(Call call, store::OwnedId id, Seconds wait) {
  const net::RequestHead& head = call.request.head;
  const bool conditional = head.field("if-none-match").has_value();
  const Time deadline = call.services.clock.now() + wait;
  engine::Watch watch =
      call.services.engine.watch(id.id, conditional ? engine::Watch::For::change : engine::Watch::For::end);
  std::optional<std::int64_t> first;
  while (!call.services.engine.draining()) {
    const auto mark = co_await mark_of(call.services, id);
    if (!mark) co_return;
    if (!first) first = mark->version;
    const bool known = mark->version == *first && none_match(head, etag_of(mark->version));
    if (conditional ? !known : mark->ended) co_return;
    const bool told = co_await next(watch, deadline);
    if (!told) co_return;
  }
}

asio::awaitable<Reply> answer_job(Call call, std::optional<Seconds> waited) {
  const auto job = co_await load_job(call);
  if (!job) co_return std::unexpected(job.error());
  net::Response response = job_response(*job, call.services.clock.now());
  if (none_match(call.request.head, etag_of(job->version))) {
    response.status = 304;
    response.body.clear();
  }
  if (waited) response.fields.push_back({"Preference-Applied", "wait=" + std::to_string(waited->count())});
  co_return response;
}

}  // namespace

asio::awaitable<Reply> get_job(Call call) {
  const auto wait = wait_of(call);
  if (!wait) co_return std::unexpected(wait.error());
  const auto id = job_id(call);
  if (!id) co_return std::unexpected(id.error());
  if (*wait && wait->value().count() > 0) co_await await_news(call, *id, **wait);
  co_return co_await answer_job(call, *wait);
}

asio::awaitable<Reply> get_result(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  auto job = co_await load_job(call);
  if (!job) co_return std::unexpected(job.error());
  if (!job->has_result) {
    const std::string what = job->id() + " is " + std::string(job::to_string(job->state));
    if (job::is_terminal(job->state)) co_return fail(Code::not_found, what + " and has no result");
    co_return fail(Code::conflict, what + ": its result is not there yet");
  }
  net::Response response = json_response(200, std::move(job->result));
  response.content_type = "";
  response.fields.push_back({"Content-Type", job->result_type});
  co_return response;
}

asio::awaitable<Reply> get_attempts(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto job = co_await load_job(call);
  if (!job) co_return std::unexpected(job.error());
  const auto attempts = co_await store::reply<std::vector<job::Attempt>>(
      [&](auto done) { call.services.store.attempts(job->ulid, std::move(done)); });
  if (!attempts) co_return std::unexpected(attempts.error());
  std::string body;
  json::Writer out(body);
  out.begin_object().key("data").begin_array();
  for (const auto& attempt : *attempts) job::write(out, attempt);
  out.end_array().end_object();
  co_return json_response(200, std::move(body));
}

asio::awaitable<Reply> delete_job(Call call) {
  auto deleted = co_await steer(std::move(call), job::Forget{});
  if (!deleted) co_return deleted;
  co_return net::Response{.status = 204, .content_type = ""};
}

asio::awaitable<Reply> cancel_job(Call call) {
  return steer(std::move(call), job::Cancel{});
}
asio::awaitable<Reply> pause_job(Call call) {
  return steer(std::move(call), job::Pause{});
}
asio::awaitable<Reply> resume_job(Call call) {
  return steer(std::move(call), job::Resume{});
}
asio::awaitable<Reply> confirm_job(Call call) {
  return steer(std::move(call), job::Confirm{});
}
asio::awaitable<Reply> retry_job(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto again = read_retry(call);
  if (!again) co_return std::unexpected(again.error());
  co_return co_await send_command(call, *again);
}

}  // namespace waypost::api
