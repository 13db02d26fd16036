#include "engine/turns.hpp"

#include <algorithm>
#include <limits>

namespace waypost::engine {

void Turns::run(job::Job job, std::shared_ptr<Attempt> attempt) {
  const std::string type = job.spec.type;
  const auto operation = operations_.find(type);
  if (operation == nullptr || !operation->concurrency())
    return executor_.run(std::move(job), std::move(attempt));
  type_of_.insert_or_assign(attempt->id.sequence(), type);
  lines_[type].waiting.push_back({std::move(job), std::move(attempt)});
  advance(type);
}

void Turns::over(const Attempt& attempt) {
  const auto known = type_of_.extract(attempt.id.sequence());
  if (!known) return;
  Line& line = lines_[known.mapped()];
  line.running.erase(attempt.id.sequence());
  std::erase_if(line.waiting, [&](const Waiting& one) { return one.attempt.get() == &attempt; });
  advance(known.mapped());
}

void Turns::skip(const Attempt& attempt) {
  const auto known = type_of_.find(attempt.id.sequence());
  if (known == type_of_.end()) return;
  auto& waiting = lines_[known->second].waiting;
  const auto found =
      std::ranges::find_if(waiting, [&](const Waiting& one) { return one.attempt.get() == &attempt; });
  if (found == waiting.end()) return;
  Waiting skipped = std::move(*found);
  waiting.erase(found);
  executor_.run(std::move(skipped.job), std::move(skipped.attempt));
}

void Turns::advance(const std::string& type) {
  Line& line = lines_[type];
  // Its limit may be another one by now, or none, when it was defined anew.
  const auto operation = operations_.find(type);
  const std::size_t limit =
      operation == nullptr ? std::numeric_limits<std::size_t>::max()
                           : operation->concurrency().value_or(std::numeric_limits<std::uint32_t>::max());
  while (!line.waiting.empty() && line.running.size() < limit) {
    Waiting next = std::move(line.waiting.front());
    line.waiting.pop_front();
    line.running.insert(next.attempt->id.sequence());
    executor_.run(std::move(next.job), std::move(next.attempt));
  }
  if (line.waiting.empty() && line.running.empty()) lines_.erase(type);
}

}  // namespace waypost::engine
