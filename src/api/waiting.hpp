#pragma once

#include "api/call.hpp"

namespace waypost::api {

/// Suspends until what `until` says holds of the job, `limit` has passed or the service drains. Costs no
/// thread.
asio::awaitable<void> wait_for(const Services& services, Ulid id, engine::Until until, Seconds limit);

}  // namespace waypost::api
