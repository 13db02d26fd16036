#pragma once

#include <atomic>
#include <mutex>

#include "support/forwarding_store.hpp"

namespace waypost::test {

/// Passes everything on to a store, but refuses the commands that the test names.
class RefusingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  /// Refuses the next `count` commands of the type.
  template <class CommandType>
  void refuse(int count, Code code) {
    const std::scoped_lock lock(mutex_);
    refuses_ = [left = count, code](const job::Command& command) mutable -> std::optional<Code> {
      if (!std::holds_alternative<CommandType>(command) || left == 0) return {};
      --left;
      return code;
    };
  }
  /// How many were refused and have been answered.
  int refused() const { return refused_; }

  void change(store::OwnedId id, job::Command command, store::Reply<job::Decision> reply) override {
    if (const auto code = refuse_code(command)) {
      reply(fail(*code, "refused by the test"));
      ++refused_;
      return;
    }
    store_.change(id, std::move(command), std::move(reply));
  }

 private:
  std::optional<Code> refuse_code(const job::Command& command) {
    const std::scoped_lock lock(mutex_);
    return refuses_(command);
  }

  std::mutex mutex_;
  std::move_only_function<std::optional<Code>(const job::Command&)> refuses_ = [](const job::Command&) {
    return std::optional<Code>{};
  };
  std::atomic<int> refused_ = 0;
};

}  // namespace waypost::test
