#pragma once

#include <condition_variable>
#include <mutex>

#include "support/forwarding_store.hpp"

namespace waypost::test {

/// Passes everything on to a store and remembers the settlements, so that a test can wait for them.
/// Settlements can be refused as by a busy store.
class WatchedStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  std::vector<store::Settlement> settlements() {
    const std::scoped_lock lock(mutex_);
    return settlements_;
  }
  /// Waits until `count` settlements are durable and answered, and returns them in that order.
  std::vector<store::Settlement> wait_for(std::size_t count) {
    return wait([&] { return settlements_.size() >= count; }, std::to_string(count) + " settlements");
  }
  /// The same, counting one kind only.
  std::vector<store::Settlement> wait_for(store::Settlement::Kind kind, std::size_t count) {
    auto all = wait([&] { return of(kind, settlements_).size() >= count; },
                    std::to_string(count) + " settlements of a kind");
    return of(kind, all);
  }
  static std::vector<store::Settlement> of(store::Settlement::Kind kind,
                                           const std::vector<store::Settlement>& all) {
    std::vector<store::Settlement> out;
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](const auto& settlement) { return settlement.kind == kind; });
    return out;
  }
  void refuse_settlements(int count) {
    const std::scoped_lock lock(mutex_);
    to_refuse_ = count;
  }
  void wait_for_refusals(int count) {
    wait([&] { return refused_ >= count; }, std::to_string(count) + " refusals");
  }
  /// The most bodies that one read of due deliveries gave, and how many reads there were.
  std::size_t largest_page() {
    const std::scoped_lock lock(mutex_);
    return largest_page_;
  }
  std::size_t reads() {
    const std::scoped_lock lock(mutex_);
    return reads_;
  }
  void wait_for_reads(std::size_t count) {
    wait([&] { return reads_ >= count; }, std::to_string(count) + " reads");
  }

  void settle(store::Settlement settlement, store::Reply<std::optional<store::Delivery>> reply) override {
    if (takes_refusal()) {
      reply(fail(Code::overloaded, "too many writes wait for the disk; try again"));
      {
        const std::scoped_lock lock(mutex_);
        ++refused_;
      }
      return changed_.notify_all();
    }
    store::Settlement copy = settlement;
    store_.settle(std::move(copy),
                  [this, settlement = std::move(settlement), reply = std::move(reply)](auto result) mutable {
                    reply(std::move(result));
                    {
                      const std::scoped_lock lock(mutex_);
                      settlements_.push_back(std::move(settlement));
                    }
                    changed_.notify_all();
                  });
  }
  void due_deliveries(DueQuery query, store::Reply<Due> reply) override {
    store_.due_deliveries(std::move(query), [this, reply = std::move(reply)](Result<Due> due) mutable {
      const std::size_t size = due ? due->deliveries.size() : 0;
      reply(std::move(due));
      {
        const std::scoped_lock lock(mutex_);
        largest_page_ = std::max(largest_page_, size);
        ++reads_;
      }
      changed_.notify_all();
    });
  }

 private:
  template <class Until>
  std::vector<store::Settlement> wait(Until until, const std::string& what) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::minutes{1}, until))
      throw std::runtime_error("the store waited in vain for " + what + "; there are " +
                               std::to_string(settlements_.size()) + " settlements and " +
                               std::to_string(reads_) + " reads");
    return settlements_;
  }
  bool takes_refusal() {
    const std::scoped_lock lock(mutex_);
    if (to_refuse_ == 0) return false;
    --to_refuse_;
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<store::Settlement> settlements_;
  int to_refuse_ = 0;
  int refused_ = 0;
  std::size_t largest_page_ = 0;
  std::size_t reads_ = 0;
};

}  // namespace waypost::test
