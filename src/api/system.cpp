#include "api/system.hpp"

#include "api/queues.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

/// One check of readiness: its name and what is wrong, "" when nothing is.
struct Check {
  std::string_view name;
  std::string trouble;
};

/// They are counted for all tenants together: null for whoever may not see that.
void write_webhooks(json::Writer& out, const Call& call) {
  MetricsSnapshot figures;
  if (serves_all(call.principal)) call.services.add_webhooks(figures);
  const auto count = [&](std::string_view name, auto number) {
    out.key(name);
    serves_all(call.principal) ? out.integer(static_cast<std::int64_t>(number)) : out.null();
  };
  out.begin_object();
  count("pending", figures.deliveries_pending);
  count("delivered", figures.deliveries_delivered);
  count("retried", figures.deliveries_retried);
  count("gave_up", figures.deliveries_gave_up);
  out.end_object();
}

}  // namespace

asio::awaitable<Reply> healthz(Call) {
  co_return json_response(200, R"({"status":"ok"})");
}

asio::awaitable<Reply> readyz(Call call) {
  const Services& services = call.services;
  const Check checks[] = {
      {"store", services.store.healthy() ? "" : "the store takes no more writes; see the log"},
      {"gazetteer", services.catalog.current() != nullptr ? "" : "no gazetteer is loaded"},
      {"draining", services.engine.draining() ? "the service is shutting down" : ""},
  };
  bool ready = true;
  for (const auto& check : checks) ready = ready && check.trouble.empty();
  std::string body;
  json::Writer out(body);
  out.begin_object().field("status", ready ? "ready" : "not_ready").key("checks").begin_object();
  for (const auto& check : checks) out.field(check.name, check.trouble.empty() ? "ok" : check.trouble);
  out.end_object().end_object();
  co_return json_response(ready ? 200 : 503, std::move(body));
}

asio::awaitable<Reply> metrics(Call call) {
  auto stats = co_await read_stats(call, {});
  if (!stats) co_return std::unexpected(stats.error());
  const Services& services = call.services;
  MetricsSnapshot snapshot{.stats = std::move(*stats), .store = services.store.figures()};
  services.add_webhooks(snapshot);
  if (const auto gazetteer = services.catalog.current()) snapshot.gazetteer_places = gazetteer->size();
  net::Response response{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
  response.body = services.metrics.render(snapshot);
  co_return response;
}

asio::awaitable<Reply> stats(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto stats = co_await read_stats(call, call.principal.tenant);
  if (!stats) co_return std::unexpected(stats.error());
  std::map<job::State, std::int64_t> all;
  std::optional<double> oldest;
  for (const auto& queue : stats->queues) {
    for (const auto& [state, count] : queue.by_state) all[state] += count;
    if (queue.oldest_queued_seconds) oldest = std::max(oldest.value_or(0), *queue.oldest_queued_seconds);
  }
  std::string body;
  json::Writer out(body);
  out.begin_object().key("jobs").begin_object().key("by_state");
  write_states(out, all);
  write_number(out, "oldest_queued_seconds", oldest);
  out.end_object().key("queues");
  write_queues(out, *stats);
  out.key("webhooks");
  write_webhooks(out, call);
  out.end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace waypost::api
