#include "store/sqlite/bulk.hpp"

#include "store/sqlite/lists.hpp"
#include "waypost/base/json.hpp"

namespace waypost::store::sqlite {
namespace {

/// Faults that are named in one refusal.
constexpr std::size_t max_faults = 100;

/// The refusal of the job at `index` as faults of the whole.
void add_faults(std::vector<Fault>& faults, std::size_t index, const Error& error) {
  const std::string at = "/jobs/" + std::to_string(index);
  if (error.faults.empty())
    faults.push_back(
        {.pointer = at, .code = std::string(describe(error.code).name), .detail = error.message});
  for (Fault fault : error.faults) {
    fault.pointer = at + fault.pointer.value_or("");
    faults.push_back(std::move(fault));
  }
}

std::string ids_body(const std::vector<Ulid>& ids) {
  std::string body;
  json::Writer out(body);
  out.begin_object().key("ids").begin_array();
  for (const Ulid& id : ids) out.string(format_id(job::id_prefix, id));
  out.end_array().end_object();
  return body;
}

}  // namespace

Result<Submitted> Session::submit_all(const BulkSubmission& submission) {
  auto first_answer = admit(submission.idempotency);
  if (!first_answer) return std::unexpected(first_answer.error());
  if (*first_answer) return std::move(**first_answer);
  const std::size_t changes_before = changes_.size();
  sql_("SAVEPOINT bulk").run();
  std::vector<Ulid> ids;
  Error refusal;
  for (const job::Job& job : submission.jobs) {
    const auto accepted = accept(job);
    if (accepted) {
      ids.push_back(*accepted);
      continue;
    }
    refusal.code = refusal.faults.empty() || refusal.code == accepted.error().code ? accepted.error().code
                                                                                   : Code::validation_failed;
    add_faults(refusal.faults, static_cast<std::size_t>(&job - submission.jobs.data()), accepted.error());
    if (refusal.faults.size() >= max_faults) break;
  }
  if (!refusal.faults.empty()) {
    sql_("ROLLBACK TO bulk").run();
    changes_.resize(changes_before);
    recent_.clear();
    someone_to_tell_ = true;  // perhaps, again
  }
  sql_("RELEASE bulk").run();
  if (!refusal.faults.empty()) {
    const Fault& first = refusal.faults.front();
    refusal.message = *first.pointer + ": " + first.detail;
    return std::unexpected(std::move(refusal));
  }
  const StoredAnswer answer{.status = 202, .body = ids_body(ids)};
  if (submission.idempotency) keep_answer(*submission.idempotency, answer);
  return Submitted{.answer = answer};
}

Result<BulkChange> Session::change_all(const std::vector<Ulid>& jobs, const job::Filter& filter,
                                       const job::Command& command) {
  BulkChange counts;
  for (const Ulid& id : jobs) {
    const auto job = load(id);
    if (!job || !job::matches(filter, *job)) continue;
    ++counts.matched;
    const auto decision = change(id, command);
    if (decision && decision->changed) ++counts.changed;
  }
  return counts;
}

void Bulk::submit(BulkSubmission submission, Reply<Submitted> reply) {
  access_.write<Submitted>([s = std::move(submission)](Session& session) { return session.submit_all(s); },
                           std::move(reply));
}

void Bulk::find(ListQuery query, Reply<FoundJobs> reply) {
  access_.read<FoundJobs>([q = std::move(query)](Statements& sql) { return sqlite::find(sql, q); },
                          std::move(reply));
}

void Bulk::change(std::vector<Ulid> jobs, job::Filter filter, job::Command command, Reply<BulkChange> reply) {
  access_.write<BulkChange>([j = std::move(jobs), f = std::move(filter), c = std::move(command)](
                                Session& session) { return session.change_all(j, f, c); },
                            std::move(reply));
}

}  // namespace waypost::store::sqlite
