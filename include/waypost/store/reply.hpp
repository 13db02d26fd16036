#pragma once

#include <functional>

#include "waypost/base/error.hpp"

namespace waypost::store {

/// Called exactly once, on a thread of the store; must only pass the answer on.
template <class T>
using Reply = std::move_only_function<void(Result<T>)>;

}  // namespace waypost::store
