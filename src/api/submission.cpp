#include "api/submission.hpp"

#include <algorithm>

#include "api/problem.hpp"
#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

using json::Fields;
using Source = json::Fields::Source;

constexpr std::chrono::days furthest{366};
constexpr std::int64_t int32_max = 2147483647;

/// Reads the fields of one job; each member function one group of them.
class JobReader {
 public:
  JobReader(Fields& fields, Source source, const Services& services, std::vector<Fault>& faults)
      : fields_(fields), source_(source), services_(services), faults_(faults), now_(services.clock.now()) {
    job_.spec.retain = services.settings.retain.load();
  }

  NewJob read() {
    operation();
    queue();
    times();
    attempts();
    webhook();
    labels();
    order();
    job_.batch = read_batch(fields_, source_, services_.egress, faults_);
    fields_.finish();
    return std::move(job_);
  }

  /// What is there changes, and null asks for the default.
  job::Amend amend() {
    priority();
    run_at();
    labels();
    fields_.finish();
    job::Amend amend;
    if (fields_.has("priority")) amend.priority = job_.spec.priority;
    if (fields_.has("run_at")) amend.run_at = job_.spec.run_at;
    if (fields_.has("tags")) amend.tags = std::move(job_.spec.tags);
    if (fields_.has("description")) amend.description = std::move(job_.spec.description);
    return amend;
  }

 private:
  void operation() {
    fields_.require("type");
    const auto type = fields_.string("type", {1, 100});
    const auto payload = source_ == Source::body ? fields_.any("payload") : std::nullopt;
    if (payload) job_.payload = payload->raw();
    if (!type) return;
    job_.spec.type = *type;
    const auto operation = services_.operations.find(*type);
    if (operation == nullptr) return unknown(*type);
    const operation::Defaults defaults = operation->defaults();
    job_.spec.max_attempts = defaults.max_attempts.value_or(job_.spec.max_attempts);
    job_.spec.timeout = defaults.timeout.value_or(job_.spec.timeout);
    if (is_batch()) {
      if (payload && job_.payload != "{}")
        fields_.fault("payload", "conflict", "excludes manifest: each of its rows is a payload");
      job_.payload = "{}";
      return;
    }
    if (payload) return check(*operation, *payload);
    const auto empty = json::Document::parse(job_.payload);
    check(*operation, empty->root());
  }

  /// Whether the job runs over a manifest: one that follows the query, or one that the body names.
  bool is_batch() const {
    if (source_ == Source::query) return true;
    const auto manifest = fields_.any("manifest");
    return manifest && !manifest->is(json::Kind::null);
  }

  void check(const operation::Operation& operation, json::Value payload) {
    const std::size_t before = faults_.size();
    operation.check(payload, fields_.pointer("payload"), faults_);
    if (faults_.size() == before) job_.target = operation.target(payload);
  }

  void unknown(std::string_view type) {
    const auto all = services_.operations.all();
    std::vector<std::string_view> known;
    for (const auto& operation : all) known.push_back(operation->type());
    const auto near = text::nearest(type, known);
    fields_.fault("type", "unknown_operation",
                  "there is no operation \"" + std::string(type) + "\"" +
                      (near ? "; did you mean \"" + *near + "\"?" : "; GET /v1/operations lists them"));
  }

  void queue() {
    if (const auto queue = fields_.string("queue", {1, 100})) {
      if (is_queue_name(*queue))
        job_.spec.queue = *queue;
      else
        fields_.fault("queue", "malformed", "may hold letters, digits, '.', '_' and '-' only");
    }
    priority();
  }

  void priority() { job_.spec.priority = fields_.integer("priority", {0, int32_max}).value_or(0); }

  std::optional<Time> time(std::string_view name) {
    const auto text = fields_.string(name);
    if (!text) return {};
    const auto time = from_rfc3339(*text);
    if (!time)
      fields_.fault(name, "malformed",
                    "must be a time by RFC 3339, such as 2026-11-22T19:03:11.042Z, not \"" +
                        std::string(text->substr(0, 40)) + "\"");
    return time;
  }

  void run_at() {
    job_.spec.run_at = time("run_at");
    if (job_.spec.run_at && *job_.spec.run_at > now_ + furthest)
      fields_.fault("run_at", "out_of_range", "must be at most 366 days ahead");
  }

  void times() {
    constexpr double days_366 = 366 * 86400.0;
    const auto delay = fields_.number("delay_seconds", {0, days_366});
    run_at();
    // A delay of 0 is the default and excludes nothing.
    if (delay && *delay > 0) {
      if (job_.spec.run_at)
        fields_.fault("delay_seconds", "conflict", "excludes run_at: give one of them");
      else
        job_.spec.run_at = now_ + Milliseconds{static_cast<std::int64_t>(*delay * 1000)};
    }
    job_.spec.expires_at = time("expires_at");
    if (job_.spec.expires_at && *job_.spec.expires_at <= now_)
      fields_.fault("expires_at", "out_of_range", "must lie in the future");
  }

  void attempts() {
    if (const auto attempts = fields_.integer("max_attempts", {1, 100}))
      job_.spec.max_attempts = static_cast<int>(*attempts);
    if (const auto timeout = fields_.integer("timeout_seconds", {1, 86400}))
      job_.spec.timeout = Seconds{*timeout};
    if (const auto total = fields_.integer("total_timeout_seconds", {1, 31622400}))
      job_.spec.total_timeout = Seconds{*total};
    if (const auto retain = fields_.integer("retain_seconds", {0, 31536000}))
      job_.spec.retain = Seconds{*retain};
    if (const auto backoff = fields_.object("backoff")) {
      Fields inner(*backoff, fields_.pointer("backoff"), faults_, source_);
      job::Backoff& b = job_.spec.backoff;
      b.initial_seconds = inner.number("initial_seconds", {0, 86400}).value_or(b.initial_seconds);
      b.factor = inner.number("factor", {1, 10}).value_or(b.factor);
      b.max_seconds = inner.number("max_seconds", {0, 31536000}).value_or(b.max_seconds);
      b.jitter = inner.boolean("jitter").value_or(b.jitter);
      inner.finish();
    }
  }

  void webhook() {
    const auto value = fields_.object("webhook");
    if (!value) return;
    Fields inner(*value, fields_.pointer("webhook"), faults_, source_);
    job::Webhook webhook;
    inner.require("url");
    if (const auto url = inner.string("url", {1, 2048})) {
      webhook.url = *url;
      if (const auto checked = services_.egress.check(*url); !checked)
        inner.fault("url", checked.error().code == Code::egress_forbidden ? "egress_forbidden" : "malformed",
                    checked.error().message);
    }
    if (const auto events = inner.strings("events")) read_events(*events, inner.pointer("events"), webhook);
    if (const auto secret = inner.string("secret")) read_secret(*secret, inner, webhook);
    if (const auto payload = inner.string("payload")) {
      if (*payload == "thin")
        webhook.thin = true;
      else if (*payload != "full")
        inner.fault("payload", "not_allowed", "must be \"full\" or \"thin\"");
    }
    inner.finish();
    job_.spec.webhook = std::move(webhook);
  }

  void read_events(const std::vector<std::string>& names, const std::string& pointer, job::Webhook& webhook) {
    webhook.events.clear();
    if (names.empty())
      faults_.push_back({.pointer = pointer, .code = "too_short", .detail = "must name at least one event"});
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto notice = job::parse_notice(names[i]);
      if (!notice)
        not_an_event(names[i], pointer, i);
      else if (std::ranges::find(webhook.events, *notice) == webhook.events.end())
        webhook.events.push_back(*notice);
    }
  }

  void not_an_event(const std::string& name, const std::string& pointer, std::size_t index) {
    Fault fault{.code = "not_allowed", .detail = "\"" + name + "\" is no event of a job"};
    if (source_ == Source::body)
      fault.pointer = pointer + "/" + std::to_string(index);
    else
      fault.parameter = "webhook.events";
    faults_.push_back(std::move(fault));
  }

  void read_secret(std::string_view secret, Fields& inner, job::Webhook& webhook) {
    const auto bytes = secret.starts_with("whsec_") ? text::base64_decode(secret.substr(6)) : std::nullopt;
    if (!bytes || bytes->size() < 24 || bytes->size() > 64)
      inner.fault("secret", "malformed", "must be \"whsec_\" and the base64 of 24 to 64 bytes");
    else
      webhook.secret = services_.seal(secret);
  }

  void labels() {
    if (const auto description = fields_.string("description", {0, 1000}))
      job_.spec.description = std::string(*description);
    const auto tags = fields_.object(source_ == Source::body ? "tags" : "tag");
    if (!tags) return;
    const std::string where = fields_.pointer(source_ == Source::body ? "tags" : "tag");
    if (tags->size() > 50) fields_.fault("tags", "too_long", "must have at most 50 members");
    Fields inner(*tags, where, faults_, source_);
    for (const auto tag : tags->children()) {
      const auto value = inner.string(tag.key(), {0, 256});
      const auto length = std::ranges::count_if(tag.key(), [](char c) { return (c & 0xC0) != 0x80; });
      if (length < 1 || length > 128)
        inner.fault(tag.key(), "out_of_range", "a tag's name has 1 to 128 characters");
      if (value)
        job_.spec.tags.emplace(tag.key(), *value);
      else if (tag.is(json::Kind::null))
        inner.fault(tag.key(), "wrong_type", "must be a string, not null");
    }
  }

  void order() {
    job_.spec.confirmation_required = fields_.boolean("confirmation_required").value_or(false);
    if (const auto key = fields_.string("concurrency_key", {1, 256})) job_.spec.concurrency_key = *key;
    if (const auto others = fields_.strings("depends_on")) dependencies(*others);
    if (const auto policy = fields_.string("on_dependency_failure")) {
      if (const auto known = job::parse_dependency_policy(*policy))
        job_.spec.on_dependency_failure = *known;
      else
        fields_.fault("on_dependency_failure", "not_allowed", "must be \"fail\" or \"run\"");
    }
    if (const auto unique = fields_.object("unique")) read_unique(*unique);
  }

  void dependencies(const std::vector<std::string>& ids) {
    constexpr std::size_t most = 1000;
    if (ids.size() > most) fields_.fault("depends_on", "too_long", "must have at most 1000 members");
    auto& depends_on = job_.spec.depends_on;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto id = parse_id(job::id_prefix, ids[i]);
      if (!id)
        element_fault("depends_on", i, "unknown_job", "there is no job \"" + ids[i].substr(0, 64) + "\"");
      else if (std::ranges::find(depends_on, *id) != depends_on.end())
        element_fault("depends_on", i, "repeated", "is named twice");
      else
        depends_on.push_back(*id);
    }
  }

  void read_unique(json::Value value) {
    Fields inner(value, fields_.pointer("unique"), faults_, source_);
    job::Unique unique;
    inner.require("key");
    if (const auto key = inner.string("key", {1, 256})) unique.key = *key;
    if (const auto choice = inner.string("on_conflict")) {
      if (const auto known = job::parse_on_conflict(*choice))
        unique.on_conflict = *known;
      else
        inner.fault("on_conflict", "not_allowed", "must be \"return_existing\", \"reject\" or \"replace\"");
    }
    inner.finish();
    job_.spec.unique = std::move(unique);
  }

  /// A fault of one element of a list, which in a query has no place of its own.
  void element_fault(const std::string& name, std::size_t index, std::string code, std::string detail) {
    Fault fault{.code = std::move(code), .detail = std::move(detail)};
    if (source_ == Source::body)
      fault.pointer = fields_.pointer(name) + "/" + std::to_string(index);
    else
      fault.parameter = name;
    faults_.push_back(std::move(fault));
  }

  Fields& fields_;
  const Source source_;
  const Services& services_;
  std::vector<Fault>& faults_;
  const Time now_;
  NewJob job_;
};

constexpr Milliseconds name_patience{2000};

}  // namespace

NewJob read_job(json::Fields& fields, json::Fields::Source source, const Services& services,
                std::vector<Fault>& faults) {
  return JobReader(fields, source, services, faults).read();
}

job::Amend read_amend(json::Fields& fields, const Services& services, std::vector<Fault>& faults) {
  return JobReader(fields, json::Fields::Source::body, services, faults).amend();
}

std::vector<std::pair<std::string, std::string>> addresses_of(const NewJob& job) {
  std::vector<std::pair<std::string, std::string>> addresses;
  if (job.spec.webhook) addresses.emplace_back("webhook/url", job.spec.webhook->url);
  if (job.batch.source) addresses.emplace_back("manifest/url", job.batch.source->url);
  if (job.target) addresses.emplace_back("payload/" + std::string(job.target->field), job.target->url);
  return addresses;
}

asio::awaitable<std::optional<std::string>> why_forbidden(std::string url, const Services& services,
                                                          Milliseconds patience) {
  const auto checked =
      co_await net::check_reachable(std::move(url), services.egress, std::min(patience, name_patience));
  if (checked || checked.error().code != Code::egress_forbidden) co_return std::nullopt;
  co_return checked.error().message;
}

asio::awaitable<void> check_addresses(const NewJob& job, json::Fields::Source source,
                                      const Services& services, std::vector<Fault>& faults) {
  for (auto& [place, url] : addresses_of(job)) {
    auto why = co_await why_forbidden(url, services, name_patience);
    if (!why) continue;
    Fault fault{.code = "egress_forbidden", .detail = std::move(*why)};
    std::string where = place;
    if (source == Source::query) std::ranges::replace(where, '/', '.');
    if (source == Source::query)
      fault.parameter = where;
    else
      fault.pointer = "/" + where;
    faults.push_back(std::move(fault));
  }
}

Error refusal(std::vector<Fault> faults) {
  const auto only = [&](Code code) {
    return std::ranges::all_of(faults, [&](const Fault& f) { return f.code == describe(code).name; });
  };
  const Code code = only(Code::unknown_operation) ? Code::unknown_operation
                    : only(Code::unknown_job)     ? Code::unknown_job
                                                  : Code::validation_failed;
  return faulty(code, std::move(faults));
}

bool is_queue_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

const std::vector<std::string_view>& dotted_groups() {
  static const std::vector<std::string_view> groups{"webhook",           "map",    "report", "backoff", "tag",
                                                    "failure_threshold", "canary", "unique"};
  return groups;
}

void note_asker(job::Spec& spec, const Call& call) {
  spec.tenant = call.principal.tenant;
  spec.traceparent = call.request.head.traceparent;
}

}  // namespace waypost::api
