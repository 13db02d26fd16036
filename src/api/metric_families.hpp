#pragma once

#include "api/exposition.hpp"
#include "waypost/api/metrics.hpp"

/// What others count, as samples.
namespace waypost::api {

void add_connections(Exposition& out, const ConnectionFigures& connections);
void add_jobs(Exposition& out, const engine::Stats& stats);
void add_store(Exposition& out, const MetricsSnapshot& snapshot);
void add_webhooks(Exposition& out, const MetricsSnapshot& snapshot);
void add_gazetteer(Exposition& out, const std::optional<geo::GazetteerInfo>& gazetteer);
void add_logs(Exposition& out);
void add_traces(Exposition& out, const trace::TracerFigures& traces);
void add_process(Exposition& out, const ProcessFigures& process);

}  // namespace waypost::api
