#include "api/audit.hpp"
#include "api/bulk.hpp"
#include "api/problem.hpp"
#include "api/submission.hpp"
#include "waypost/store/await.hpp"

/// POST /v1/jobs/cancel and /v1/jobs/retry.
namespace waypost::api {
namespace {

/// Jobs that are changed in one transaction: few enough that others hardly wait.
constexpr std::size_t step = 200;

class FilterReader {
 public:
  Result<job::Filter> read(json::Value body) {
    if (!body.is(json::Kind::object)) {
      faults_.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
    } else {
      json::Fields fields(body, "", faults_);
      fields.require("filter");
      if (const auto filter = fields.object("filter")) conditions(*filter, fields.pointer("filter"));
      fields.finish();
    }
    if (!faults_.empty()) return std::unexpected(faulty(Code::validation_failed, std::move(faults_)));
    return std::move(filter_);
  }

 private:
  void conditions(json::Value filter, const std::string& at) {
    json::Fields fields(filter, at, faults_);
    states(fields);
    filter_.types = one_or_more(fields, "type");
    filter_.queues = one_or_more(fields, "queue");
    tags(fields);
    filter_.created_after = time(fields, "created_after");
    filter_.created_before = time(fields, "created_before");
    fields.finish();
    if (faults_.empty() && filter_ == job::Filter{})
      faults_.push_back(
          {.pointer = at,
           .code = "required",
           .detail = "must have a condition; \"created_before\" with the time of now means all"});
  }

  /// A string, or a list of strings that is not empty.
  std::vector<std::string> one_or_more(json::Fields& fields, std::string_view name) {
    std::vector<std::string> values;
    const auto value = fields.any(name);
    if (!value || value->is(json::Kind::null)) return values;
    const bool is_list = value->is(json::Kind::array);
    if (is_list && value->size() == 0) fields.fault(name, "too_short", "must name at least one");
    if (is_list && value->size() > max_names)
      fields.fault(name, "too_long", "must name at most " + std::to_string(max_names));
    if (!is_list && !value->is(json::Kind::string))
      fields.fault(name, "wrong_type", "must be a string or a list of strings");
    if (value->is(json::Kind::string)) values.emplace_back(value->string());
    if (!is_list) return values;
    for (const auto element : value->children()) {
      if (element.is(json::Kind::string))
        values.emplace_back(element.string());
      else
        faults_.push_back({.pointer = fields.pointer(name) + "/" + std::to_string(values.size()),
                           .code = "wrong_type",
                           .detail = "must be a string"});
    }
    return values;
  }

  void states(json::Fields& fields) {
    for (const auto& name : one_or_more(fields, "state")) {
      if (const auto state = job::parse_state(name))
        filter_.states.push_back(*state);
      else
        fields.fault("state", "not_allowed", "\"" + name + "\" is no state of a job");
    }
  }

  void tags(json::Fields& fields) {
    const auto tags = fields.object("tags");
    if (!tags) return;
    json::Fields inner(*tags, fields.pointer("tags"), faults_);
    for (const auto tag : tags->children()) {
      const auto value = inner.string(tag.key());
      if (value) filter_.tags.emplace(tag.key(), *value);
      if (tag.is(json::Kind::null)) inner.fault(tag.key(), "wrong_type", "must be a string, not null");
    }
    if (filter_.tags.size() > max_tags)
      fields.fault("tags", "too_long", "must have at most " + std::to_string(max_tags) + " members");
  }

  std::optional<Time> time(json::Fields& fields, std::string_view name) {
    const auto text = fields.string(name);
    const auto time = text ? from_rfc3339(*text) : std::nullopt;
    if (text && !time)
      fields.fault(name, "malformed", "must be a time by RFC 3339, such as 2026-11-22T19:03:11.042Z");
    return time;
  }

  static constexpr std::size_t max_names = 100, max_tags = 50;
  job::Filter filter_;
  std::vector<Fault> faults_;
};

/// Applies the command to what matches now, step by step, oldest first. What comes meanwhile is not meant.
/// The audit trail has it with the first step.
asio::awaitable<Result<store::BulkChange>> change_all(Call call, job::Filter filter, job::Command command) {
  const Services& services = call.services;
  const std::int64_t newest = make_ulid(services.clock.now()).sequence();
  store::ListQuery query{.filter = filter, .ascending = true, .limit = step};
  store::BulkChange total;
  do {
    if (services.engine.draining()) co_return std::unexpected(engine::draining_error());
    auto found = co_await store::reply<store::FoundJobs>(
        [&](auto done) { services.bulk.find(query, std::move(done)); });
    if (!found) co_return std::unexpected(found.error());
    std::erase_if(found->jobs, [&](const Ulid& id) { return id.sequence() > newest; });
    query.after = found->jobs.empty() ? std::nullopt : found->next;
    auto write = [&](auto done) {
      services.bulk.change(std::move(found->jobs), filter, command, std::move(done));
    };
    const auto changed = co_await change_in_steps<store::BulkChange>(call, write);
    if (!changed) co_return std::unexpected(changed.error());
    total.matched += changed->matched;
    total.changed += changed->changed;
  } while (query.after);
  co_return total;
}

asio::awaitable<Reply> change_jobs(Call call, job::Command command) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto document = json_body(call);
  if (!document) co_return std::unexpected(document.error());
  auto filter = FilterReader().read(document->root());
  if (!filter) co_return std::unexpected(filter.error());
  filter->tenant = call.principal.tenant;
  const auto total = co_await change_all(call, std::move(*filter), std::move(command));
  if (!total) co_return std::unexpected(total.error());
  std::string body;
  json::Writer(body)
      .begin_object()
      .field("matched", total->matched)
      .field("changed", total->changed)
      .end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace

asio::awaitable<Reply> cancel_jobs(Call call) {
  return change_jobs(std::move(call), job::Cancel{});
}
asio::awaitable<Reply> retry_jobs(Call call) {
  return change_jobs(std::move(call), job::RunAgain{});
}

}  // namespace waypost::api
