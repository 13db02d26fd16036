#pragma once

#include "api/call.hpp"

namespace waypost::api {

/// GET /v1/jobs/{id}/events: a stream (Server-Sent Events, WHATWG HTML §9.2), or the list.
asio::awaitable<Reply> get_events(Call call);

}  // namespace waypost::api
