#pragma once

#include "api/call.hpp"

/// Handlers of /v1/queues (§3.3), and how queues are shown.
namespace waypost::api {

asio::awaitable<Reply> queues(Call call);
asio::awaitable<Reply> patch_queue(Call call);

asio::awaitable<Result<engine::Stats>> read_stats(Call call, std::optional<Tenant> tenant);
/// All queues, as an array.
void write_queues(json::Writer& out, const engine::Stats& stats);
/// Every state and how many jobs are in it.
void write_states(json::Writer& out, const std::map<job::State, std::int64_t>& counts);
/// null when there is no value.
void write_number(json::Writer& out, std::string_view name, std::optional<double> value);

}  // namespace waypost::api
