#include "api/queues.hpp"
#include "api/audit.hpp"

#include "api/problem.hpp"
#include "api/submission.hpp"
#include "waypost/base/text.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

void write_queue(json::Writer& out, const engine::QueueFigures& queue) {
  const engine::QueueSettings& settings = queue.settings;
  out.begin_object().field("name", queue.name).field("paused", settings.paused);
  out.key("concurrency");
  if (settings.concurrency)
    out.integer(*settings.concurrency);
  else
    out.null();
  out.field("concurrency_per_key", static_cast<std::int64_t>(settings.concurrency_per_key));
  write_number(out, "rate_per_second", settings.rate_per_second);
  out.key("by_state");
  write_states(out, queue.by_state);
  write_number(out, "oldest_queued_seconds", queue.oldest_queued_seconds);
  out.end_object();
}

/// A setting that is given: its value, or nothing for null.
template <class T, class U>
std::optional<std::optional<T>> given(const json::Fields& fields, std::string_view name,
                                      std::optional<U> value) {
  if (!fields.has(name)) return {};
  return value ? std::optional(static_cast<T>(*value)) : std::optional<T>{};
}

Result<engine::QueueChange> read_change(json::Value body) {
  std::vector<Fault> faults;
  engine::QueueChange change;
  if (body.is(json::Kind::object)) {
    json::Fields fields(body, "", faults);
    change.paused = given<bool>(fields, "paused", fields.boolean("paused"));
    change.concurrency =
        given<std::uint32_t>(fields, "concurrency", fields.integer("concurrency", {0, 1000000}));
    change.concurrency_per_key = given<std::uint32_t>(fields, "concurrency_per_key",
                                                      fields.integer("concurrency_per_key", {1, 1000000}));
    change.rate_per_second =
        given<double>(fields, "rate_per_second", fields.number("rate_per_second", {0.001, 1000000}));
    fields.finish();
  } else {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
  }
  if (!faults.empty()) return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  return change;
}

}  // namespace

void write_states(json::Writer& out, const std::map<job::State, std::int64_t>& counts) {
  out.begin_object();
  for (std::size_t i = 0; i < job::state_count; ++i) {
    const auto state = static_cast<job::State>(i);
    const auto count = counts.find(state);
    out.field(job::to_string(state), count == counts.end() ? std::int64_t{0} : count->second);
  }
  out.end_object();
}

void write_number(json::Writer& out, std::string_view name, std::optional<double> value) {
  out.key(name);
  if (value)
    out.number(*value);
  else
    out.null();
}

void write_queues(json::Writer& out, const engine::Stats& stats) {
  out.begin_array();
  for (const auto& queue : stats.queues) write_queue(out, queue);
  out.end_array();
}

asio::awaitable<Result<engine::Stats>> read_stats(Call call, std::optional<Tenant> tenant) {
  co_return co_await store::reply<engine::Stats>(
      [&](auto done) { call.services.engine.stats(tenant, std::move(done)); });
}

asio::awaitable<Reply> queues(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto stats = co_await read_stats(call, call.principal.tenant);
  if (!stats) co_return std::unexpected(stats.error());
  std::string body;
  json::Writer out(body);
  out.begin_object().key("data");
  write_queues(out, *stats);
  out.key("next_cursor").null().end_object();
  co_return json_response(200, std::move(body));
}

asio::awaitable<Reply> patch_queue(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto name = text::percent_decode(call.arguments[0], false);
  if (!name || !is_queue_name(*name))
    co_return fail(Code::not_found,
                   "no queue has this name: it has 1 to 100 letters, digits, '.', '_' and '-'");
  const auto document = json_body(call);
  if (!document) co_return std::unexpected(document.error());
  auto change = read_change(document->root());
  if (!change) co_return std::unexpected(change.error());
  change->tenant = call.principal.tenant;
  const auto figures = co_await api::change<engine::QueueFigures>(
      call, [&](auto done) { call.services.engine.set_queue(*name, *change, std::move(done)); });
  if (!figures) co_return std::unexpected(figures.error());
  std::string body;
  json::Writer out(body);
  write_queue(out, *figures);
  co_return json_response(200, std::move(body));
}

}  // namespace waypost::api
