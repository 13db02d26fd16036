#include "api/system.hpp"

#include "api/queues.hpp"
#include "waypost/net/offload.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

/// Of one tenant, or of all.
asio::awaitable<Result<store::Backlog>> read_backlog(Call call, std::optional<Tenant> tenant) {
  co_return co_await store::reply<store::Backlog>(
      [&](auto done) { call.services.store.backlog(tenant, std::move(done)); });
}

void write_webhooks(json::Writer& out, const store::Backlog& backlog, const webhook::Tally& tally) {
  out.begin_object()
      .field("pending", backlog.deliveries)
      .field("delivered", static_cast<std::int64_t>(tally.delivered))
      .field("retried", static_cast<std::int64_t>(tally.retried))
      .field("gave_up", static_cast<std::int64_t>(tally.gave_up))
      .end_object();
}

}  // namespace

asio::awaitable<Reply> metrics(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  auto stats = co_await read_stats(call, {});
  if (!stats) co_return std::unexpected(stats.error());
  auto backlog = co_await read_backlog(call, {});
  if (!backlog) co_return std::unexpected(backlog.error());
  const Services& services = call.services;
  MetricsSnapshot snapshot{.now = services.clock.now(),
                           .stats = std::move(*stats),
                           .store_healthy = services.store.healthy(),
                           .backlog = *backlog,
                           .egress = services.egress.refusals()};
  services.add_figures(snapshot);
  if (const auto gazetteer = services.catalog.current()) snapshot.gazetteer = gazetteer->info();
  // What is left asks the file system, and writes some hundred kilobytes.
  const auto work = [&services, &snapshot]() -> Result<std::string> {
    snapshot.store = services.store.figures();
    snapshot.process = read_process_figures();
    return services.metrics.render(snapshot);
  };
  auto text = co_await net::offload(services.disk, work);
  if (!text) co_return std::unexpected(text.error());
  net::Response response{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
  response.body = std::move(*text);
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
  const auto backlog = co_await read_backlog(call, call.principal.tenant);
  if (!backlog) co_return std::unexpected(backlog.error());
  std::string body;
  json::Writer out(body);
  out.begin_object().key("jobs").begin_object().key("by_state");
  write_states(out, all);
  write_number(out, "oldest_queued_seconds", oldest);
  out.end_object().key("queues");
  write_queues(out, *stats);
  out.key("webhooks");
  write_webhooks(out, *backlog, call.services.webhook_tally(call.principal.tenant));
  out.end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace waypost::api
