#include "engine/ready_queues.hpp"

#include <algorithm>

namespace waypost::engine {

ReadyQueues::Queue& ReadyQueues::queue(const std::string& name) {
  const auto [at, fresh] = queues_.try_emplace(name);
  if (fresh)
    if (const auto known = settings_.find(name); known != settings_.end())
      at->second.settings = known->second;
  return at->second;
}

const QueueSettings& ReadyQueues::settings(const std::string& name) const {
  static const QueueSettings unlimited;
  const auto known = settings_.find(name);
  return known == settings_.end() ? unlimited : known->second;
}

void ReadyQueues::insert(Queue& queue, const Ready& job) {
  queue.ready[static_cast<std::size_t>(job.capacity)].emplace(key_of(job), job);
  if (queue.size() <= window) return;
  // The last one leaves the window and is fetched again in its turn.
  const auto last_key = [](const auto& part) {
    return part.empty() ? std::optional<Key>() : std::optional(part.rbegin()->first);
  };
  auto* from = &queue.ready.front();
  for (auto& part : queue.ready)
    if (!part.empty() && (from->empty() || *last_key(*from) < *last_key(part))) from = &part;
  from->erase(std::prev(from->end()));
  std::optional<Key> last;
  for (const auto& part : queue.ready)
    if (const auto key = last_key(part); key && (!last || *last < *key)) last = key;
  queue.bound = last;
  queue.more = true;
}

void ReadyQueues::add(const std::string& name, const Ready& job) {
  Queue& q = queue(name);
  if (!q.beyond(key_of(job))) return insert(q, job);
  if (!q.fetching) return;
  // The page that is being read may have been read before this one was there.
  if (q.arrived.size() < window)
    q.arrived.push_back(job);
  else
    q.arrived_too_many = true;
}

void ReadyQueues::remove(const std::string& name, const Ulid& ulid, std::int64_t priority) {
  const auto known = queues_.find(name);
  if (known == queues_.end()) return;
  Queue& q = known->second;
  for (auto& part : q.ready) part.erase(Key{priority, ulid.sequence()});
  std::erase_if(q.arrived, [&](const Ready& job) { return job.ulid == ulid; });
  forget_if_idle(name);
}

/// Clients choose the names of queues: those that hold nothing must cost nothing.
void ReadyQueues::forget_if_idle(const std::string& name) {
  const auto known = queues_.find(name);
  if (known == queues_.end() || settings_.contains(name)) return;
  const Queue& q = known->second;
  if (q.size() == 0 && q.running == 0 && !q.more && !q.fetching) queues_.erase(known);
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

std::optional<ReadyQueues::Pick> ReadyQueues::take(const std::array<bool, capacity_count>& free, Time now) {
  std::map<Key, Ready>* best = nullptr;
  std::pair<const std::string, Queue>* owner = nullptr;
  for (auto& named : queues_) {
    Queue& q = named.second;
    if (q.size() == 0 || !may_start(q, now)) continue;
    for (std::size_t capacity = 0; capacity < capacity_count; ++capacity) {
      auto& part = q.ready[capacity];
      if (!free[capacity] || part.empty()) continue;
      if (best != nullptr && !(part.begin()->first < best->begin()->first)) continue;
      best = &part;
      owner = &named;
    }
  }
  if (best == nullptr) return {};
  Pick pick{owner->first, best->begin()->second};
  best->erase(best->begin());
  ++owner->second.running;
  if (owner->second.settings.rate_per_second) owner->second.tokens -= 1;
  return pick;
}

void ReadyQueues::ended(const std::string& name) {
  Queue& q = queue(name);
  if (q.running > 0) --q.running;
  forget_if_idle(name);
}

std::optional<ReadyQueues::Fetch> ReadyQueues::next_fetch() {
  for (auto& [name, q] : queues_) {
    if (!q.more || q.fetching || q.size() >= low_water) continue;
    q.fetching = true;
    q.fetching_after = q.bound;
    Fetch fetch{.queue = name};
    if (q.bound) fetch.after = {q.bound->priority, q.bound->sequence};
    return fetch;
  }
  return {};
}

void ReadyQueues::fetched(const std::string& name, const std::vector<Ready>& jobs, bool last_page) {
  Queue& q = queue(name);
  q.fetching = false;
  const std::vector<Ready> arrived = std::exchange(q.arrived, {});
  const bool missed_some = std::exchange(q.arrived_too_many, false);
  // Jobs that nobody noted lie before the end of this page: they left the window, which overflowed meanwhile,
  // or too many arrived. So the page can't become its end, and is read again.
  if (missed_some || q.bound != q.fetching_after) return;
  if (!jobs.empty()) q.bound = key_of(jobs.back());
  q.more = !last_page;
  for (const Ready& job : jobs) insert(q, job);
  for (const Ready& job : arrived)
    if (!q.beyond(key_of(job))) insert(q, job);
  forget_if_idle(name);
}

void ReadyQueues::not_fetched(const std::string& name) {
  Queue& q = queue(name);
  q.fetching = false;
  q.arrived.clear();  // beyond the bound: the next fetch finds them
  q.arrived_too_many = false;
}

std::optional<Time> ReadyQueues::next_start() const {
  std::optional<Time> soonest;
  for (const auto& [name, q] : queues_) {
    if (q.size() == 0 || q.full() || !q.settings.rate_per_second || q.tokens >= 1) continue;
    // From the moment the tokens were counted, not from now: who asks often must not put it off.
    const double wait_ms = (1 - q.tokens) * 1000 / *q.settings.rate_per_second;
    const Time at = q.refilled + Milliseconds{static_cast<std::int64_t>(wait_ms) + 1};
    if (!soonest || at < *soonest) soonest = at;
  }
  return soonest;
}

std::optional<Time> ReadyQueues::oldest(const std::string& name) const {
  const auto known = queues_.find(name);
  if (known == queues_.end()) return {};
  std::optional<Time> oldest;
  for (const auto& part : known->second.ready)
    for (const auto& [key, job] : part)
      if (!oldest || job.since < *oldest) oldest = job.since;
  return oldest;
}

}  // namespace waypost::engine
