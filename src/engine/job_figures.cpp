#include "waypost/engine/job_figures.hpp"

namespace waypost::engine {

TypeFigures& JobFigures::of(std::string_view type) {
  const auto known = types_.find(type);
  if (known != types_.end()) return known->second;
  return types_[std::string(types_.size() < most_types ? type : other)];
}

void JobFigures::note(const store::Change& change) {
  using enum job::State;
  if (change.forgotten) return;
  TypeFigures& figures = of(change.type);
  if (!change.before) ++figures.submitted;
  if (change.before == queued && change.after == running)
    figures.wait_milliseconds.note((change.at - change.before_at).count());
  if (change.before == running && change.after == scheduled) ++figures.retries;
  if (const auto& attempt = change.ended_attempt) {
    ++figures.attempts[static_cast<std::size_t>(attempt->outcome)];
    figures.attempt_milliseconds.note((attempt->finished_at - attempt->started_at).count());
  }
  if (job::is_terminal(change.after) && change.before != change.after)
    ++figures.ended[static_cast<std::size_t>(change.after)];
}

}  // namespace waypost::engine
