#pragma once

#include "api/batch_fields.hpp"
#include "api/call.hpp"
#include "waypost/job/rules.hpp"

/// From what a client sends to a job::Spec (§3.1): every fault is noted, not only the first.
namespace waypost::api {

struct NewJob {
  job::Spec spec;
  std::string payload = "{}";
  std::optional<operation::Operation::Target> target;  ///< what the operation will call
  BatchRequest batch;
};

/// Reads the fields of a job. `fields` may come from a body, or from the query of a one-shot upload.
NewJob read_job(json::Fields& fields, json::Fields::Source source, const Services& services,
                std::vector<Fault>& faults);

/// Notes who asks for the job, and in which trace.
void note_asker(job::Spec& spec, const Call& call);

/// Reads what shall change of a job (PATCH).
job::Amend read_amend(json::Fields& fields, const Services& services, std::vector<Fault>& faults);

/// Where the job will call: each address with its place in the job, as in "webhook/url".
std::vector<std::pair<std::string, std::string>> addresses_of(const NewJob& job);
/// Why the egress policy forbids the address, when its name resolves in time to one that it forbids.
asio::awaitable<std::optional<std::string>> why_forbidden(std::string url, const Services& services,
                                                          Milliseconds patience);
/// Checks what needs the network's names: where the webhook goes, and what the operation calls. Notes a fault
/// for each that is forbidden.
asio::awaitable<void> check_addresses(const NewJob& job, json::Fields::Source source,
                                      const Services& services, std::vector<Fault>& faults);

/// What refuses a job with these faults: unknown_operation or unknown_job when that is all, else
/// validation_failed.
Error refusal(std::vector<Fault> faults);

/// Whether a queue may have this name.
bool is_queue_name(std::string_view name);

/// The groups of dotted parameters (§3.5).
const std::vector<std::string_view>& dotted_groups();

}  // namespace waypost::api
