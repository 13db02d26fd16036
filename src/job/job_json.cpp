#include "waypost/job/job_json.hpp"

#include <cmath>

namespace waypost::job {
namespace {

void write_error(json::Writer& out, const std::optional<JobError>& error) {
  out.key("error");
  if (!error) {
    out.null();
    return;
  }
  out.begin_object()
      .field("code", error->code)
      .field("message", error->message)
      .field("attempt", error->attempt)
      .field("at", to_rfc3339(error->at))
      .end_object();
}

void write_reason(json::Writer& out, const std::string& reason) {
  out.key("state_reason");
  if (reason.empty())
    out.null();
  else
    out.string(reason);
}

/// A worker holds it.
bool is_active(State state) {
  return state == State::running || state == State::pausing || state == State::cancelling ||
         state == State::completing;
}

double rounded(double value) {
  return std::round(value * 10) / 10;
}

/// Rows a second of a batch's present run, while it really ran.
std::optional<double> rate_of(const Job& job, Time now) {
  const auto done = static_cast<double>(job.progress.succeeded + job.progress.failed - job.batch.done_before);
  Milliseconds active = job.batch.active;
  if (is_active(job.state) && job.attempt_started_at) active += now - *job.attempt_started_at;
  if (done <= 0 || active.count() <= 0) return {};
  return done * 1000 / static_cast<double>(active.count());
}

/// A plain job counts as one task.
void write_progress(json::Writer& out, const Job& job, Time now) {
  const bool ended = is_terminal(job.state);
  Progress p = job.progress;
  if (!job.spec.batch) p = {1, job.state == State::succeeded, job.state == State::failed};
  const std::int64_t done = p.succeeded + p.failed;
  out.key("progress").begin_object();
  out.field("total", p.total).field("succeeded", p.succeeded).field("failed", p.failed);
  out.key("percent").number(
      p.total == 0 ? 0 : std::floor(1000.0 * static_cast<double>(done) / static_cast<double>(p.total)) / 10);
  out.key("message").null();
  std::optional<double> rate, eta;
  if (job.spec.batch) rate = rate_of(job, now);
  if (rate && !ended) eta = static_cast<double>(p.total - done) / *rate;
  out.key("rate_per_second");
  if (rate)
    out.number(rounded(*rate));
  else
    out.null();
  out.key("eta_seconds");
  if (eta)
    out.number(rounded(*eta));
  else
    out.null();
  out.end_object();
}

void write_result(json::Writer& out, const Job& job) {
  out.key("result");
  const bool is_inline =
      job.has_result && job.result_type == "application/json" && job.result.size() <= max_inline_result;
  if (is_inline)
    out.raw(job.result);
  else
    out.null();
}

void write_links(json::Writer& out, const Job& job, const std::string& id) {
  const std::string self = "/v1/jobs/" + id;
  out.key("links").begin_object();
  out.field("self", self).field("result", self + "/result").field("attempts", self + "/attempts");
  out.field("events", self + "/events");
  out.key("report");
  if (job.spec.batch)
    out.string(self + "/report");
  else
    out.null();
  out.end_object();
}

Time time_of(json::Value value) {
  return Time{Milliseconds{value.integer().value_or(0)}};
}

}  // namespace

void write(json::Writer& out, const Job& job, Time now) {
  const std::string id = job.id();
  out.begin_object();
  out.field("id", id).field("type", job.spec.type).field("state", to_string(job.state));
  out.field("queue", job.spec.queue).field("priority", job.spec.priority);
  out.key("payload").raw(job.payload);
  out.field("attempt", job.attempt).field("max_attempts", job.spec.max_attempts);
  write_progress(out, job, now);
  write_result(out, job);
  write_error(out, job.error);
  out.key("tags").begin_object();
  for (const auto& [key, value] : job.spec.tags) out.field(key, value);
  out.end_object();
  out.field("description", job.spec.description);
  out.field("created_at", to_rfc3339(job.created_at));
  out.field("run_at", job.run_at ? job.run_at : job.spec.run_at);
  out.field("started_at", job.started_at);
  out.field("finished_at", job.finished_at);
  out.field("updated_at", to_rfc3339(job.updated_at));
  out.field("expires_at", job.spec.expires_at);
  write_reason(out, job.reason);
  write_links(out, job, id);
  out.end_object();
}

void write(json::Writer& out, const Attempt& attempt) {
  out.begin_object();
  out.field("attempt", attempt.number);
  out.field("started_at", to_rfc3339(attempt.started_at))
      .field("finished_at", to_rfc3339(attempt.finished_at));
  out.field("duration_ms", static_cast<std::int64_t>((attempt.finished_at - attempt.started_at).count()));
  out.field("worker", attempt.worker).field("outcome", to_string(attempt.outcome));
  write_error(out, attempt.error);
  out.end_object();
}

void write(json::Writer& out, const Ulid& id, const History& history, const PastEvent& event) {
  Job then{.ulid = id, .state = event.state, .started_at = history.started_at, .progress = event.progress};
  if (event.progress.total > 0) then.spec.batch.emplace();
  out.begin_object()
      .field("id", format_id(event_id_prefix, event.ulid))
      .field("sequence", event.sequence)
      .field("type", to_string(event.notice))
      .field("at", to_rfc3339(event.at));
  out.key("data").begin_object().key("job").begin_object();
  out.field("id", then.id()).field("type", history.type).field("state", to_string(event.state));
  out.field("attempt", event.attempt);
  write_progress(out, then, event.at);
  write_error(out, event.error);
  write_reason(out, event.reason);
  out.end_object().end_object().end_object();
}

std::string notification_body(const Job& job, Notice notice, Time now, Detail detail) {
  std::string body;
  body.reserve(1024 + job.payload.size() + std::min(job.result.size(), max_inline_result));
  json::Writer out(body);
  out.begin_object().field("type", to_string(notice)).field("timestamp", to_rfc3339(now));
  out.key("data").begin_object().field("sequence", job.version).key("job");
  if (detail == Detail::thin)
    out.begin_object()
        .field("id", job.id())
        .field("type", job.spec.type)
        .field("state", to_string(job.state))
        .end_object();
  else
    write(out, job, now);
  out.end_object().end_object();
  return body;
}

std::string pack(const Spec& spec) {
  const Spec defaults;
  std::string packed;
  json::Writer out(packed);
  out.begin_object();
  const auto time = [&](std::string_view name, const std::optional<Time>& value) {
    if (value) out.field(name, static_cast<std::int64_t>(value->time_since_epoch().count()));
  };
  time("run_at", spec.run_at);
  time("expires_at", spec.expires_at);
  if (spec.max_attempts != defaults.max_attempts) out.field("max_attempts", spec.max_attempts);
  if (spec.backoff != defaults.backoff)
    out.key("backoff")
        .begin_object()
        .key("initial")
        .number(spec.backoff.initial_seconds)
        .key("factor")
        .number(spec.backoff.factor)
        .key("max")
        .number(spec.backoff.max_seconds)
        .field("jitter", spec.backoff.jitter)
        .end_object();
  if (spec.timeout != defaults.timeout) out.field("timeout", static_cast<std::int64_t>(spec.timeout.count()));
  if (spec.total_timeout) out.field("total_timeout", static_cast<std::int64_t>(spec.total_timeout->count()));
  if (spec.webhook) {
    out.key("webhook").begin_object().field("url", spec.webhook->url).field("secret", spec.webhook->secret);
    out.field("thin", spec.webhook->thin).key("events").begin_array();
    for (const Notice notice : spec.webhook->events) out.integer(static_cast<int>(notice));
    out.end_array().end_object();
  }
  if (!spec.tags.empty()) {
    out.key("tags").begin_object();
    for (const auto& [key, value] : spec.tags) out.field(key, value);
    out.end_object();
  }
  if (spec.description) out.field("description", *spec.description);
  if (spec.retain != defaults.retain) out.field("retain", static_cast<std::int64_t>(spec.retain.count()));
  if (!spec.traceparent.empty()) out.field("traceparent", spec.traceparent);
  if (!spec.tracestate.empty()) out.field("tracestate", spec.tracestate);
  if (spec.traced) out.field("traced", true);
  if (!spec.depends_on.empty()) {
    out.key("depends_on").begin_array();
    for (const Ulid& id : spec.depends_on) out.string(format_id(id_prefix, id));
    out.end_array();
  }
  if (spec.on_dependency_failure != defaults.on_dependency_failure)
    out.field("on_dependency_failure", to_string(spec.on_dependency_failure));
  if (spec.unique)
    out.key("unique")
        .begin_object()
        .field("key", spec.unique->key)
        .field("on_conflict", to_string(spec.unique->on_conflict))
        .end_object();
  if (!spec.concurrency_key.empty()) out.field("concurrency_key", spec.concurrency_key);
  if (spec.confirmation_required) out.field("confirmation_required", true);
  if (const auto& batch = spec.batch) pack(out.key("batch"), *batch);
  out.end_object();
  return packed;
}

namespace {

Webhook unpack_webhook(json::Value value) {
  Webhook webhook{.url = std::string(value.find("url")->string()),
                  .events = {},
                  .secret = std::string(value.find("secret")->string()),
                  .thin = value.find("thin")->boolean()};
  for (const auto notice : value.find("events")->children())
    webhook.events.push_back(static_cast<Notice>(notice.integer().value_or(0)));
  return webhook;
}

}  // namespace

void unpack(std::string_view packed, Spec& spec) {
  if (packed == "{}") return;
  const auto document = json::Document::parse(packed);
  if (!document) return;
  for (const auto member : document->root().children()) {
    const auto name = member.key();
    if (name == "run_at")
      spec.run_at = time_of(member);
    else if (name == "expires_at")
      spec.expires_at = time_of(member);
    else if (name == "max_attempts")
      spec.max_attempts = static_cast<int>(member.integer().value_or(0));
    else if (name == "backoff")
      spec.backoff = {member.find("initial")->number(), member.find("factor")->number(),
                      member.find("max")->number(), member.find("jitter")->boolean()};
    else if (name == "timeout")
      spec.timeout = Seconds{member.integer().value_or(0)};
    else if (name == "total_timeout")
      spec.total_timeout = Seconds{member.integer().value_or(0)};
    else if (name == "webhook")
      spec.webhook = unpack_webhook(member);
    else if (name == "tags") {
      for (const auto tag : member.children()) spec.tags.emplace(tag.key(), tag.string());
    } else if (name == "description")
      spec.description = std::string(member.string());
    else if (name == "retain")
      spec.retain = Seconds{member.integer().value_or(0)};
    else if (name == "traceparent")
      spec.traceparent = std::string(member.string());
    else if (name == "tracestate")
      spec.tracestate = std::string(member.string());
    else if (name == "traced")
      spec.traced = member.boolean();
    else if (name == "depends_on") {
      for (const auto id : member.children())
        spec.depends_on.push_back(parse_id(id_prefix, id.string()).value_or(Ulid{}));
    } else if (name == "on_dependency_failure")
      spec.on_dependency_failure = parse_dependency_policy(member.string()).value_or(DependencyPolicy::fail);
    else if (name == "unique")
      spec.unique = Unique{
          .key = std::string(member.find("key")->string()),
          .on_conflict =
              parse_on_conflict(member.find("on_conflict")->string()).value_or(OnConflict::return_existing)};
    else if (name == "concurrency_key")
      spec.concurrency_key = std::string(member.string());
    else if (name == "confirmation_required")
      spec.confirmation_required = member.boolean();
    else if (name == "batch")
      spec.batch = unpack_batch(member);
  }
}

std::string pack(const JobError& error) {
  std::string packed;
  json::Writer(packed)
      .begin_object()
      .field("code", error.code)
      .field("message", error.message)
      .field("attempt", error.attempt)
      .field("at", static_cast<std::int64_t>(error.at.time_since_epoch().count()))
      .end_object();
  return packed;
}

JobError unpack_error(std::string_view packed) {
  const auto document = json::Document::parse(packed);
  if (!document) return {"unreadable", std::string(packed)};
  const auto root = document->root();
  return {std::string(root.find("code")->string()), std::string(root.find("message")->string()),
          static_cast<int>(root.find("attempt")->integer().value_or(0)), time_of(*root.find("at"))};
}

}  // namespace waypost::job
