#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>

#include "waypost/base/asio.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::engine {

/// The way to the engine's thread from any other one. Whoever answers the engine shares it, and may do so
/// when the engine is gone: the answer is then dropped.
class Door {
 public:
  explicit Door(asio::io_context& context) : context_(&context) {}

  template <class Task>
  void post(Task&& task) {
    const std::scoped_lock lock(mutex_);
    if (context_ != nullptr) asio::post(*context_, std::forward<Task>(task));
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* context_;
};

/// A reply that is handled by `task` on the engine's thread; `note` goes with a write.
template <class T, class Task>
store::Reply<T> through(std::shared_ptr<Door> door, Task task, store::Note note = nullptr) {
  auto pass_on = [door = std::move(door), task = std::move(task)](Result<T> result) mutable {
    door->post([task = std::move(task), result = std::move(result)]() mutable { task(std::move(result)); });
  };
  return {std::move(pass_on), std::move(note)};
}

}  // namespace waypost::engine
