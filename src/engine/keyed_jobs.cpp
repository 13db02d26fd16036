#include "engine/keyed_jobs.hpp"

namespace waypost::engine {

bool KeyedJobs::hold(const ReadyJob& job) {
  if (job.key.empty()) return false;
  const auto at = keys_.find(job.key);
  if (at == keys_.end()) return false;
  Jobs& jobs = at->second;
  const Place place = place_of(job);
  if (jobs.beyond(place)) {
    jobs.missed |= jobs.fetching;
    return true;
  }
  if (jobs.running < limit_) return false;
  jobs.waiting.emplace(place, job);
  if (jobs.waiting.size() > window) {
    jobs.waiting.erase(std::prev(jobs.waiting.end()));
    jobs.bound = jobs.waiting.rbegin()->first;
    jobs.more = true;
  }
  return true;
}

void KeyedJobs::started(const std::string& key) {
  if (!key.empty()) ++keys_[key].running;
}

std::optional<ReadyJob> KeyedJobs::ended(const std::string& key) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return {};
  if (at->second.running > 0) --at->second.running;
  return next_of(key, at->second);
}

std::optional<ReadyJob> KeyedJobs::removed(const std::string& key, const Place& place) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return {};
  at->second.waiting.erase(place);
  return next_of(key, at->second);
}

std::vector<ReadyJob> KeyedJobs::set_limit(std::uint32_t limit) {
  limit_ = limit;
  std::vector<std::string> keys;
  for (const auto& [key, jobs] : keys_) keys.push_back(key);
  std::vector<ReadyJob> ready;
  for (const auto& key : keys)
    for (std::uint32_t running = keys_.at(key).running; running < limit_; ++running) {
      auto next = next_of(key, keys_.at(key));
      if (!next) break;
      ready.push_back(std::move(*next));
    }
  return ready;
}

/// The first one that waits, when it may run now.
std::optional<ReadyJob> KeyedJobs::next_of(const std::string& key, Jobs& jobs) {
  std::optional<ReadyJob> next;
  if (jobs.running < limit_ && !jobs.waiting.empty())
    next = std::move(jobs.waiting.extract(jobs.waiting.begin()).mapped());
  if (jobs.running < limit_ && jobs.waiting.empty() && jobs.more && !jobs.hungry && !jobs.fetching) {
    jobs.hungry = true;
    hungry_.push_back(key);
  }
  if (!next) forget_if_idle(key);
  return next;
}

/// Clients choose the keys: those that hold nothing must cost nothing.
void KeyedJobs::forget_if_idle(const std::string& key) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return;
  const Jobs& jobs = at->second;
  if (jobs.running == 0 && jobs.waiting.empty() && !jobs.more && !jobs.fetching) keys_.erase(at);
}

std::optional<KeyedJobs::Fetch> KeyedJobs::next_fetch() {
  if (hungry_.empty()) return {};
  std::string key = std::move(hungry_.back());
  hungry_.pop_back();
  Jobs& jobs = keys_.at(key);
  jobs.hungry = false;
  jobs.fetching = true;
  jobs.fetching_after = jobs.bound;
  return Fetch{std::move(key), jobs.bound};
}

std::vector<ReadyJob> KeyedJobs::fetched(const std::string& key, const std::vector<ReadyJob>& page,
                                         bool last_page) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return {};
  Jobs& jobs = at->second;
  jobs.fetching = false;
  // What came meanwhile stands before the end of this page, and perhaps not in it: it is read again.
  if (!std::exchange(jobs.missed, false) && jobs.bound == jobs.fetching_after) {
    if (!page.empty()) jobs.bound = place_of(page.back());
    jobs.more = !last_page;
  } else if (jobs.running < limit_ && jobs.waiting.empty()) {
    jobs.hungry = true;
    hungry_.push_back(key);
    return {};
  } else {
    return {};
  }
  forget_if_idle(key);
  return page;
}

void KeyedJobs::not_fetched(const std::string& key) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return;
  at->second.fetching = at->second.missed = false;
  at->second.hungry = true;
  hungry_.push_back(key);
}

std::uint32_t KeyedJobs::running(const std::string& key) const {
  const auto at = keys_.find(key);
  return at == keys_.end() ? 0 : at->second.running;
}

}  // namespace waypost::engine
