#pragma once

#include "api/call.hpp"

namespace waypost::api {

/// Suspends until the watch has something to tell (true) or `deadline` has passed (false). Costs no thread.
asio::awaitable<bool> next(engine::Watch& watch, Time deadline);

}  // namespace waypost::api
