#include "engine/ready_queues.hpp"

#include <algorithm>

namespace waypost::engine {

ReadyQueues::Queue& ReadyQueues::queue(const std::string& name) {
  const auto [at, fresh] = queues_.try_emplace(name);
  if (fresh)
    if (const auto known = settings_.find(name); known != settings_.end()) {
      at->second.settings = known->second;
      at->second.keyed.set_limit(known->second.concurrency_per_key);
    }
  return at->second;
}

const QueueSettings& ReadyQueues::settings(const std::string& name) const {
  static const QueueSettings unlimited;
  const auto known = settings_.find(name);
  return known == settings_.end() ? unlimited : known->second;
}

void ReadyQueues::set(const std::string& name, const QueueSettings& settings) {
  settings_.insert_or_assign(name, settings);
  Queue& q = queue(name);
  if (q.settings.rate_per_second != settings.rate_per_second) q.tokens = std::min(q.tokens, 1.0);
  q.settings = settings;
  for (const Ready& job : q.keyed.set_limit(settings.concurrency_per_key)) insert(q, job);
}

ReadyQueues::Situation ReadyQueues::situation(const std::string& name, const std::string& key) const {
  const auto known = queues_.find(name);
  if (known == queues_.end()) return {.settings = settings(name)};
  const Queue& q = known->second;
  return {.settings = q.settings,
          .running = q.running,
          .running_of_key = q.keyed.running(key),
          .next_start = next_start(q)};
}

void ReadyQueues::insert(Queue& queue, const Ready& job) {
  if (queue.keyed.hold(job)) return;
  queue.ready[static_cast<std::size_t>(job.capacity)].emplace(place_of(job), job);
  if (queue.size() <= window) return;
  // The last one leaves the window and is fetched again in its turn.
  const auto last_place = [](const auto& part) {
    return part.empty() ? std::optional<Place>() : std::optional(part.rbegin()->first);
  };
  auto* from = &queue.ready.front();
  for (auto& part : queue.ready)
    if (!part.empty() && (from->empty() || *last_place(*from) < *last_place(part))) from = &part;
  from->erase(std::prev(from->end()));
  std::optional<Place> last;
  for (const auto& part : queue.ready)
    if (const auto place = last_place(part); place && (!last || *last < *place)) last = place;
  queue.bound = last;
  queue.more = true;
}

void ReadyQueues::add(const std::string& name, const Ready& job) {
  Queue& q = queue(name);
  if (!q.beyond(place_of(job))) return insert(q, job);
  if (!q.fetching) return;
  // The page that is being read may have been read before this one was there.
  if (q.arrived.size() < window)
    q.arrived.push_back(job);
  else
    q.arrived_too_many = true;
}

void ReadyQueues::remove(const std::string& name, const Ulid& ulid, std::int64_t priority,
                         const std::string& key) {
  const auto known = queues_.find(name);
  if (known == queues_.end()) return;
  Queue& q = known->second;
  for (auto& part : q.ready) part.erase(Place{priority, ulid.sequence()});
  std::erase_if(q.arrived, [&](const Ready& job) { return job.ulid == ulid; });
  if (const auto next = q.keyed.removed(key, {priority, ulid.sequence()})) insert(q, *next);
  forget_if_idle(name);
}

/// Clients choose the names of queues: those that hold nothing must cost nothing.
void ReadyQueues::forget_if_idle(const std::string& name) {
  const auto known = queues_.find(name);
  if (known == queues_.end() || settings_.contains(name)) return;
  const Queue& q = known->second;
  if (q.size() == 0 && q.running == 0 && q.keyed.empty() && !q.more && !q.fetching) queues_.erase(known);
}

void ReadyQueues::expect_more(const std::string& name) {
  queue(name).more = true;
}

bool ReadyQueues::may_start(Queue& q, Time now) {
  if (q.full()) return false;
  if (!q.settings.rate_per_second) return true;
  const double rate = *q.settings.rate_per_second;
  const double passed = static_cast<double>((now - q.refilled).count()) / 1000;
  q.tokens = std::min(std::max(1.0, rate / 10), q.tokens + std::max(0.0, passed) * rate);
  q.refilled = now;
  return q.tokens >= 1;
}

/// Jobs that became ready together may share a key: all but the first few must wait after all.
void ReadyQueues::hold_keyed(Queue& q, std::map<Place, Ready>& part) {
  while (!part.empty() && q.keyed.hold(part.begin()->second)) part.erase(part.begin());
}

std::optional<ReadyQueues::Pick> ReadyQueues::take(const std::array<bool, capacity_count>& free, Time now) {
  std::map<Place, Ready>* best = nullptr;
  std::pair<const std::string, Queue>* owner = nullptr;
  for (auto& named : queues_) {
    Queue& q = named.second;
    if (q.size() == 0 || !may_start(q, now)) continue;
    for (std::size_t capacity = 0; capacity < capacity_count; ++capacity) {
      auto& part = q.ready[capacity];
      if (!free[capacity]) continue;
      hold_keyed(q, part);
      if (part.empty()) continue;
      if (best != nullptr && !(part.begin()->first < best->begin()->first)) continue;
      best = &part;
      owner = &named;
    }
  }
  if (best == nullptr) return {};
  Pick pick{owner->first, best->begin()->second};
  best->erase(best->begin());
  ++owner->second.running;
  owner->second.keyed.started(pick.job.key);
  if (owner->second.settings.rate_per_second) owner->second.tokens -= 1;
  return pick;
}

void ReadyQueues::ended(const std::string& name, const std::string& key) {
  Queue& q = queue(name);
  if (q.running > 0) --q.running;
  if (const auto next = q.keyed.ended(key)) insert(q, *next);
  forget_if_idle(name);
}

std::optional<ReadyQueues::Fetch> ReadyQueues::next_fetch() {
  for (auto& [name, q] : queues_) {
    if (auto keyed = q.keyed.next_fetch())
      return Fetch{
          .queue = name, .key = std::move(keyed->key), .after = keyed->after, .limit = KeyedJobs::window};
    if (!q.more || q.fetching || q.size() >= low_water) continue;
    q.fetching = true;
    q.fetching_after = q.bound;
    return Fetch{.queue = name, .after = q.bound};
  }
  return {};
}

void ReadyQueues::fetched(const Fetch& fetch, const std::vector<Ready>& jobs) {
  const std::string& name = fetch.queue;
  const bool last_page = jobs.size() < fetch.limit;
  Queue& q = queue(name);
  if (fetch.key) {
    for (const Ready& job : q.keyed.fetched(*fetch.key, jobs, last_page)) insert(q, job);
    return forget_if_idle(name);
  }
  q.fetching = false;
  const std::vector<Ready> arrived = std::exchange(q.arrived, {});
  const bool missed_some = std::exchange(q.arrived_too_many, false);
  // Jobs that nobody noted lie before the end of this page: they left the window, which overflowed meanwhile,
  // or too many arrived. So the page can't become its end, and is read again.
  if (missed_some || q.bound != q.fetching_after) return;
  if (!jobs.empty()) q.bound = place_of(jobs.back());
  q.more = !last_page;
  for (const Ready& job : jobs) insert(q, job);
  for (const Ready& job : arrived)
    if (!q.beyond(place_of(job))) insert(q, job);
  forget_if_idle(name);
}

void ReadyQueues::not_fetched(const Fetch& fetch) {
  Queue& q = queue(fetch.queue);
  if (fetch.key) return q.keyed.not_fetched(*fetch.key);
  q.fetching = false;
  q.arrived.clear();  // beyond the bound: the next fetch finds them
  q.arrived_too_many = false;
}

std::optional<Time> ReadyQueues::next_start() const {
  std::optional<Time> soonest;
  for (const auto& [name, q] : queues_)
    if (const auto at = next_start(q); at && (!soonest || *at < *soonest)) soonest = at;
  return soonest;
}

std::optional<Time> ReadyQueues::next_start(const Queue& q) {
  if (q.size() == 0 || q.full() || !q.settings.rate_per_second || q.tokens >= 1) return {};
  // From the moment the tokens were counted, not from now: who asks often must not put it off.
  const double wait_ms = (1 - q.tokens) * 1000 / *q.settings.rate_per_second;
  return q.refilled + Milliseconds{static_cast<std::int64_t>(wait_ms) + 1};
}

}  // namespace waypost::engine
