#pragma once

#include <future>

#include "waypost/store/job_store.hpp"

namespace waypost::engine {

/// Waits for a call that answers through a Reply: for threads that may block.
template <class T, class Ask>
Result<T> ask(Ask ask) {
  std::promise<Result<T>> answer;
  ask([&answer](Result<T> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

}  // namespace waypost::engine
