#include "api/metric_families.hpp"

#include <algorithm>

#include "waypost/base/log.hpp"
#include "waypost/geo/lookup_figures.hpp"

namespace waypost::api {
namespace {

/// Clients name queues: beyond so many, those with the least to do are taken together.
constexpr std::size_t most_queues = 200;
constexpr std::string_view other = "(other)";

std::int64_t alive(const engine::QueueFigures& queue) {
  std::int64_t sum = 0;
  for (const auto& [state, count] : queue.by_state)
    if (!job::is_terminal(state)) sum += count;
  return sum;
}

void merge(engine::QueueFigures& into, const engine::QueueFigures& queue) {
  for (const auto& [state, count] : queue.by_state) into.by_state[state] += count;
  if (queue.oldest_queued_seconds)
    into.oldest_queued_seconds =
        std::max(into.oldest_queued_seconds.value_or(0), *queue.oldest_queued_seconds);
}

std::vector<engine::QueueFigures> bounded(std::vector<engine::QueueFigures> queues) {
  if (queues.size() <= most_queues) return queues;
  std::ranges::sort(queues, [](const auto& a, const auto& b) {
    return std::pair(alive(b), std::string_view(a.name)) < std::pair(alive(a), std::string_view(b.name));
  });
  engine::QueueFigures rest{.name = std::string(other)};
  for (std::size_t i = most_queues; i < queues.size(); ++i) merge(rest, queues[i]);
  queues.resize(most_queues);
  queues.push_back(std::move(rest));
  return queues;
}

void add_queues(Exposition& out, const std::vector<engine::QueueFigures>& queues) {
  Family jobs = out["waypost_jobs"], oldest = out["waypost_queue_oldest_ready_age_seconds"],
         paused = out["waypost_queue_paused"];
  for (const auto& queue : queues) {
    for (std::size_t i = 0; i < job::state_count; ++i) {
      const auto state = static_cast<job::State>(i);
      const auto count = queue.by_state.find(state);
      jobs.add({{"queue", queue.name}, {"state", std::string(job::to_string(state))}},
               count == queue.by_state.end() ? 0 : count->second);
    }
    oldest.add({{"queue", queue.name}}, queue.oldest_queued_seconds.value_or(0));
    const bool held = queue.settings.paused || queue.settings.concurrency == 0u;
    paused.add({{"queue", queue.name}}, held ? 1 : 0);
  }
}

}  // namespace

void add_connections(Exposition& out, const ConnectionFigures& connections) {
  out["waypost_http_requests_in_flight"].set(connections.requests_in_flight);
  out["waypost_http_connections"].set(connections.open);
  Family cuts = out["waypost_http_connections_cut_total"];
  for (std::size_t i = 0; i < net::cut_count; ++i)
    cuts.add({{"reason", std::string(net::to_string(static_cast<net::Cut>(i)))}}, connections.cuts[i]);
}

void add_jobs(Exposition& out, const engine::Stats& stats) {
  add_queues(out, bounded(stats.queues));
  Family submitted = out["waypost_jobs_submitted_total"], ended = out["waypost_jobs_ended_total"],
         waits = out["waypost_job_wait_seconds"], durations = out["waypost_job_attempt_duration_seconds"],
         attempts = out["waypost_job_attempts_total"], retries = out["waypost_job_retries_total"];
  std::uint64_t lost = 0;
  for (const auto& [type, figures] : stats.jobs.by_type()) {
    submitted.add({{"type", type}}, figures.submitted);
    for (std::size_t i = 0; i < job::state_count; ++i)
      if (const auto state = static_cast<job::State>(i); job::is_terminal(state))
        ended.add({{"type", type}, {"state", std::string(job::to_string(state))}}, figures.ended[i]);
    waits.add({{"type", type}}, figures.wait_milliseconds);
    durations.add({{"type", type}}, figures.attempt_milliseconds);
    for (std::size_t i = 0; i < figures.attempts.size(); ++i)
      attempts.add({{"type", type}, {"outcome", std::string(job::to_string(static_cast<job::Outcome>(i)))}},
                   figures.attempts[i]);
    retries.add({{"type", type}}, figures.retries);
    lost += figures.attempts[static_cast<std::size_t>(job::Outcome::worker_lost)];
  }
  out["waypost_job_leases_lost_total"].set(lost);
}

void add_store(Exposition& out, const MetricsSnapshot& snapshot) {
  const store::StoreFigures& store = snapshot.store;
  out["waypost_store_healthy"].set(snapshot.store_healthy ? 1 : 0);
  out["waypost_store_commit_duration_seconds"].add({}, store.commit_microseconds);
  out["waypost_store_commit_operations"].add({}, store.commit_operations);
  out["waypost_store_queued_operations"].set(store.queued_operations);
  out["waypost_store_wal_bytes"].set(store.wal_bytes);
  out["waypost_store_file_bytes"].set(store.file_bytes);
  out["waypost_store_free_bytes"].set(store.free_bytes);
}

void add_webhooks(Exposition& out, const MetricsSnapshot& snapshot) {
  const webhook::DelivererFigures& webhooks = snapshot.webhooks;
  out["waypost_webhook_backlog"].set(snapshot.backlog.deliveries);
  const auto oldest = snapshot.backlog.oldest.value_or(snapshot.now);
  out["waypost_webhook_oldest_age_seconds"].set(
      std::max(0.0, static_cast<double>((snapshot.now - oldest).count()) / 1000));
  out["waypost_webhook_attempts_in_flight"].set(webhooks.in_flight);
  Family attempts = out["waypost_webhook_attempts_total"];
  attempts.add({{"outcome", "delivered"}}, webhooks.attempts.delivered);
  attempts.add({{"outcome", "retried"}}, webhooks.attempts.retried);
  attempts.add({{"outcome", "gave_up"}}, webhooks.attempts.gave_up);
  out["waypost_webhook_attempt_duration_seconds"].add({}, webhooks.attempt_milliseconds);
  Family endpoints = out["waypost_webhook_endpoints"];
  endpoints.add({{"state", "enabled"}}, webhooks.endpoints - webhooks.endpoints_disabled);
  endpoints.add({{"state", "disabled"}}, webhooks.endpoints_disabled);
  out["waypost_webhook_circuits_open"].set(webhooks.circuits_open);
  Family disabled = out["waypost_webhook_endpoints_disabled_total"];
  disabled.add({{"reason", "gone"}}, webhooks.disabled_gone);
  disabled.add({{"reason", "failing"}}, webhooks.disabled_failing);
  Family refused = out["waypost_egress_refused_total"];
  refused.add({{"reason", "denied"}}, snapshot.egress.denied);
  refused.add({{"reason", "private"}}, snapshot.egress.private_);
  refused.add({{"reason", "forbidden"}}, snapshot.egress.forbidden);
}

void add_gazetteer(Exposition& out, const std::optional<geo::GazetteerInfo>& gazetteer) {
  const geo::LookupFigures lookups = geo::lookup_figures();
  Family counts = out["waypost_gazetteer_lookups_total"];
  for (std::size_t i = 0; i < geo::lookup_kind_count; ++i) {
    const std::string kind(geo::to_string(static_cast<geo::LookupKind>(i)));
    counts.add({{"kind", kind}, {"outcome", "found"}}, lookups.found[i]);
    counts.add({{"kind", kind}, {"outcome", "nothing"}}, lookups.nothing[i]);
  }
  const geo::GazetteerInfo none;
  const geo::GazetteerInfo& info = gazetteer ? *gazetteer : none;
  out["waypost_gazetteer_places"].set(info.places);
  out["waypost_gazetteer_houses"].set(info.houses);
  out["waypost_gazetteer_file_bytes"].set(info.bytes);
  Family rows = out["waypost_gazetteer_source_rows"], sources = out["waypost_gazetteer_source_info"];
  for (const auto& source : info.sources) {
    rows.add({{"source", source.name}}, source.rows);
    sources.add({{"source", source.name}, {"kind", source.kind}, {"version", source.version}}, 1);
  }
}

void add_logs(Exposition& out) {
  const log::Figures figures = log::figures();
  Family lines = out["waypost_log_lines_total"];
  for (std::size_t i = 0; i < figures.lines.size(); ++i)
    lines.add({{"level", std::string(log::to_string(static_cast<log::Level>(i)))}}, figures.lines[i]);
  out["waypost_log_dropped_total"].set(figures.dropped);
}

void add_traces(Exposition& out, const trace::TracerFigures& traces) {
  Family spans = out["waypost_trace_spans_total"];
  spans.add({{"outcome", "exported"}}, traces.exported);
  spans.add({{"outcome", "dropped"}}, traces.dropped);
  spans.add({{"outcome", "failed"}}, traces.failed);
}

void add_process(Exposition& out, const ProcessFigures& process) {
  out["waypost_build_info"].add({{"version", WAYPOST_VERSION}, {"compiler", __VERSION__}}, 1);
  out["process_cpu_seconds_total"].set(process.cpu_seconds);
  out["process_resident_memory_bytes"].set(process.resident_bytes);
  out["process_virtual_memory_bytes"].set(process.virtual_bytes);
  out["process_open_fds"].set(process.open_descriptors);
  out["process_max_fds"].set(process.max_descriptors);
  out["process_start_time_seconds"].set(process.start_time_seconds);
  out["process_threads"].set(process.threads);
}

}  // namespace waypost::api
