#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

namespace waypost::webhook {

/// The last events that left the window. An offer can come so late that its delivery was meanwhile read from
/// the store and sent: it must not be sent again. One thread.
class RecentlyGone {
 public:
  explicit RecentlyGone(std::size_t limit) : ring_(limit, 0) {}
  void add(std::int64_t sequence) {
    known_.erase(ring_[next_]);
    ring_[next_] = sequence;
    known_.insert(sequence);
    next_ = (next_ + 1) % ring_.size();
  }
  bool contains(std::int64_t sequence) const { return known_.contains(sequence); }

 private:
  std::vector<std::int64_t> ring_;
  std::unordered_set<std::int64_t> known_;
  std::size_t next_ = 0;
};

}  // namespace waypost::webhook
