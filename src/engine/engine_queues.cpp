#include <set>

#include "engine/engine_impl.hpp"

/// Queues: their settings and figures, and what they have to do with a job that waits.
namespace waypost::engine {
namespace {

template <class T>
void apply(const std::optional<std::optional<T>>& change, std::optional<T>& choice) {
  if (change) choice = *change;
}

std::string count_of(std::int64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

/// What the configuration says, and over it what was set while running.
QueueSettings Engine::Impl::settings_of(const std::string& queue) const {
  QueueSettings settings;
  if (const auto configured = options_.queues.find(queue); configured != options_.queues.end())
    settings = configured->second;
  const auto chosen = choices_.find(queue);
  if (chosen == choices_.end()) return settings;
  const store::QueueChoices& choices = chosen->second;
  if (choices.paused) settings.paused = *choices.paused;
  if (choices.concurrency) settings.concurrency = choices.concurrency;
  if (choices.concurrency_per_key) settings.concurrency_per_key = *choices.concurrency_per_key;
  if (choices.rate_per_second) settings.rate_per_second = choices.rate_per_second;
  return settings;
}

QueueFigures Engine::Impl::figures_of(const std::string& queue, std::optional<Tenant> tenant) const {
  QueueFigures figures{.name = queue, .settings = settings_of(queue)};
  for (const auto& [owner, queues] : counts_) {
    const auto counts = tenant && *tenant != owner ? queues.end() : queues.find(queue);
    if (counts == queues.end()) continue;
    for (const auto& [state, count] : counts->second) figures.by_state[state] += count;
  }
  // How long the queue makes wait, which its tenants share: for those who wait in it.
  if (!figures.by_state.contains(job::State::queued)) return figures;
  if (const auto ages = ready_ages_.find(queue); ages != ready_ages_.end())
    if (const auto oldest = ages->second.oldest())
      figures.oldest_queued_seconds =
          std::max(0.0, static_cast<double>((clock_.now() - *oldest).count()) / 1000);
  return figures;
}

Stats Engine::Impl::stats(std::optional<Tenant> tenant) {
  std::set<std::string> names;
  for (const auto& [name, settings] : options_.queues) names.insert(name);
  for (const auto& [name, choices] : choices_) names.insert(name);
  for (const auto& [owner, queues] : counts_)
    if (!tenant || *tenant == owner)
      for (const auto& [name, counts] : queues) names.insert(name);
  Stats stats{.jobs = figures_};
  for (const auto& name : names) stats.queues.push_back(figures_of(name, tenant));
  return stats;
}

void Engine::Impl::set_queue(std::string name, const QueueChange& change, store::Reply<QueueFigures> reply) {
  queue_requests_.push_back({std::move(name), change, std::move(reply)});
  if (queue_requests_.size() == 1) store_next_queue();
}

void Engine::Impl::configure_queues(std::map<std::string, QueueSettings, std::less<>> queues) {
  std::swap(options_.queues, queues);
  for (const auto* settings : {&queues, &options_.queues})
    for (const auto& [name, unused] : *settings) ready_.set(name, settings_of(name));
  pump();
}

void Engine::Impl::store_next_queue() {
  QueueRequest& request = queue_requests_.front();
  const auto known = choices_.find(request.name);
  store::QueueChoices choices = known == choices_.end() ? store::QueueChoices{} : known->second;
  const QueueChange& change = request.change;
  apply(change.paused, choices.paused);
  apply(change.concurrency, choices.concurrency);
  apply(change.concurrency_per_key, choices.concurrency_per_key);
  apply(change.rate_per_second, choices.rate_per_second);
  const auto stored = [this, choices](const Result<void>& done) { queue_stored(choices, done); };
  queue_store_.put(request.name, choices, through<void>(door_, stored, request.reply.take_note()));
}

void Engine::Impl::queue_stored(const store::QueueChoices& choices, const Result<void>& stored) {
  QueueRequest request = std::move(queue_requests_.front());
  queue_requests_.pop_front();
  if (stored) {
    choices_.insert_or_assign(request.name, choices);
    ready_.set(request.name, settings_of(request.name));
    request.reply(figures_of(request.name, request.change.tenant));
    pump();
  } else {
    request.reply(std::unexpected(stored.error()));
  }
  if (!queue_requests_.empty()) store_next_queue();
}

// ---- why a job is where it is

void Engine::Impl::explain(store::OwnedId id, store::Reply<Explanation> reply) {
  auto found = [this, reply = std::move(reply)](Result<store::Standing> standing) mutable {
    if (!standing) return reply(std::unexpected(std::move(standing.error())));
    Explanation explanation{.reasons = reasons_of(*standing)};
    using enum job::State;
    const job::State state = standing->job.state;
    if (state == queued) explanation.ahead = standing->ahead;
    const auto& first = explanation.reasons.front();
    if (state == scheduled || (state == queued && first.until)) explanation.may_start_at = first.until;
    if (first.code == "ready") explanation.may_start_at = clock_.now();
    explanation.waits_for = std::move(standing->waits_for);
    explanation.job = std::move(standing->job);
    reply(std::move(explanation));
  };
  store_.standing(id, through<store::Standing>(door_, std::move(found)));
}

std::vector<Reason> Engine::Impl::reasons_of(const store::Standing& standing) const {
  const job::Job& job = standing.job;
  std::vector<Reason> reasons;
  switch (job.state) {
    using enum job::State;
    case preparing:
      return {{"preparing", "its manifest is being read and checked", {}}};
    case awaiting_confirmation:
      return {{"awaiting_confirmation", "it waits until someone confirms it", {}}};
    case blocked:
      return {
          {"dependencies", "it waits for " + count_of(job.waits_for, "job") + " on which it depends", {}}};
    case scheduled:
      if (job.attempt > job.run_base)
        return {{"retry", "attempt " + std::to_string(job.attempt) + " failed, and the next one has its time",
                 job.run_at}};
      return {{"run_at", "its time has not come", job.run_at}};
    case paused:
      return {{"paused", "it is paused until someone resumes it", {}}};
    case queued:
      add_reasons_of_queue(job, reasons);
      if (standing.ahead > 0)
        reasons.push_back({"place_in_queue",
                           count_of(standing.ahead, "job") + " of its queue " +
                               (standing.ahead == 1 ? "runs" : "run") + " before it",
                           {}});
      if (reasons.empty()) reasons.push_back({"ready", "nothing holds it: a worker takes it at once", {}});
      return reasons;
    case running:
      return {{"running", "a worker is at attempt " + std::to_string(job.attempt), {}}};
    case pausing:
    case cancelling:
    case completing:
      return {{std::string(job::to_string(job.state)), "its running work is ending", {}}};
    default:
      return {{"ended", "it has ended as " + std::string(job::to_string(job.state)), {}}};
  }
}

void Engine::Impl::add_reasons_of_queue(const job::Job& job, std::vector<Reason>& reasons) const {
  const job::Spec& spec = job.spec;
  const auto situation = ready_.situation(spec.queue, job::concurrency_group(spec));
  const QueueSettings& settings = situation.settings;
  const std::string queue = "queue \"" + spec.queue + "\"";
  if (draining_) reasons.push_back({"draining", "the service is shutting down and starts nothing more", {}});
  if (paused_until_)
    reasons.push_back({"store_busy", "the store takes no writes at this moment", paused_until_});
  if (settings.paused) reasons.push_back({"queue_paused", "its " + queue + " is paused", {}});
  if (settings.concurrency && situation.running >= *settings.concurrency)
    reasons.push_back({"queue_concurrency",
                       "its " + queue + " runs " + count_of(situation.running, "job") +
                           ", and its concurrency is " + std::to_string(*settings.concurrency),
                       {}});
  if (!spec.concurrency_key.empty() && situation.running_of_key >= settings.concurrency_per_key)
    reasons.push_back({"concurrency_key",
                       "as many with its concurrency_key \"" + spec.concurrency_key +
                           "\" run as may: " + std::to_string(settings.concurrency_per_key),
                       {}});
  if (situation.next_start)
    reasons.push_back({"queue_rate", "its " + queue + " has started as many as its rate_per_second allows",
                       situation.next_start});
  if (operations_.find(spec.type) == nullptr)
    reasons.push_back({"no_worker", "nobody here knows the operation \"" + spec.type + "\"", {}});
  else if (!has_room(capacity_of(spec.type)))
    reasons.push_back({"workers_busy", "every worker is busy", {}});
}

}  // namespace waypost::engine
