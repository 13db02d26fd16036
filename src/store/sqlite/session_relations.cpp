#include "store/sqlite/dependencies.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/unique_keys.hpp"

/// What jobs have to do with each other: dependencies and unique keys.
namespace waypost::store::sqlite {
namespace {

/// How many are told in one transaction that a job has ended; the rest follows in the next ones.
constexpr std::size_t release_limit = 256;

std::unexpected<Error> duplicate(const job::Unique& unique, const job::Job& holder) {
  return fail(Code::duplicate_job, holder.id() + " has the unique key \"" + unique.key + "\" and is " +
                                       std::string(to_string(holder.state)));
}

}  // namespace

/// Takes the unique key for a new job, or finds the job that stands for it.
Result<std::optional<Ulid>> Session::make_way(const job::Job& job) {
  const auto& unique = job.spec.unique;
  if (!unique) return std::optional<Ulid>{};
  if (const auto held_by = holder_of(sql_, job.spec)) {
    const auto holder = load(*held_by);
    if (unique->on_conflict == job::OnConflict::return_existing) return holder->ulid;
    if (unique->on_conflict == job::OnConflict::reject || !job::is_waiting(holder->state))
      return duplicate(*unique, *holder);
    apply(*held_by, job::Cancel{}, clock_.now());
  }
  take_key(sql_, job.spec, job.ulid);
  return std::optional<Ulid>{};
}

void Session::wait_for_dependencies(const job::Job& job, const std::vector<job::State>& states) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    const Ulid& id = job.spec.depends_on[i];
    if (job::is_terminal(states[i]))
      apply(job.ulid.sequence(), job::DependencyEnded{format_id(job::id_prefix, id), states[i]},
            clock_.now());
    else
      add_dependency(sql_, job.ulid, id);
  }
  // One that has failed already, for a dependency that had, waits for no other.
  if (!states.empty() && job::is_terminal(load(job.ulid)->state)) drop_dependencies(sql_, job);
}

/// A job has ended: its key is free, and those that wait for it are to be told.
void Session::ended(const job::Job& job) {
  if (job.spec.unique) free_key(sql_, job.spec, job.ulid);
  drop_dependencies(sql_, job);
  if (note_end(sql_, job)) someone_to_tell_ = true;
}

/// Tells up to `limit` jobs that one has ended on which they depend. Those may end too, and so on.
std::size_t Session::release(std::size_t limit) {
  std::size_t told = 0;
  while (someone_to_tell_ && told < limit) {
    const auto released = take_released(sql_, limit - told);
    told += released.size();
    someone_to_tell_ = told == limit;
    for (const auto& [job, command] : released) apply(job, command, clock_.now());
  }
  return told;
}

/// The rest follows in `tick`.
void Session::release_some() {
  release(release_limit);
  if (someone_to_tell_ && !changes_.empty()) changes_.back().wake_at = clock_.now();
}

Result<void> Session::may_run_again(const job::Job& job) {
  if (const auto& unique = job.spec.unique)
    if (const auto holder = holder_of(sql_, job.spec); holder && *holder != job.ulid.sequence())
      return duplicate(*unique, *load(*holder));
  if (is_being_told_of(sql_, job.ulid))
    return std::unexpected(
        Error{.code = Code::overloaded,
              .message = "the jobs that depend on it are still being told that it has ended",
              .retry_after_seconds = 1});
  return {};
}

}  // namespace waypost::store::sqlite
