#pragma once

#include "api/call.hpp"

namespace waypost::api {

/// `GET /v1/gazetteer`: what answers lookups, and whom to credit.
asio::awaitable<Reply> gazetteer(Call call);

}  // namespace waypost::api
