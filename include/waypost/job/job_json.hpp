#pragma once

#include <string>
#include <string_view>

#include "waypost/base/json.hpp"
#include "waypost/job/job.hpp"

/// A job as JSON: to clients and webhooks (§3.2 of the contract), and to the store. Pure; any thread.
namespace waypost::job {

/// The whole job, as `GET /v1/jobs/{id}` and full webhooks show it. `now` dates the estimate in `progress`.
void write(json::Writer& out, const Job& job, Time now);
/// One ended attempt, as `GET /v1/jobs/{id}/attempts` shows it.
void write(json::Writer& out, const Attempt& attempt);
/// One event of the history of the job with this id, as `GET /v1/jobs/{id}/events` shows it.
void write(json::Writer& out, const Ulid& id, const History& history, const PastEvent& event);
/// How much of a job a webhook carries.
enum class Detail : std::uint8_t { full, thin };
/// The body of a webhook (§4): its sequence is the job's version. The bytes that every attempt sends.
std::string notification_body(const Job& job, Notice notice, Time now, Detail detail = Detail::full);

/// What of a spec has no column of its own in a store, as a JSON object without the defaults.
std::string pack(const Spec& spec);
/// Reads back what `pack` wrote into `spec`. Only for text from `pack`.
void unpack(std::string_view packed, Spec& spec);

void pack(json::Writer& out, const Batch& batch);
Batch unpack_batch(json::Value packed);
std::string pack(const BatchState& state);
BatchState unpack_batch_state(std::string_view packed);

std::string pack(const JobError& error);
JobError unpack_error(std::string_view packed);

}  // namespace waypost::job
