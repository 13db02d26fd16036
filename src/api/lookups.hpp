#pragma once

#include "api/call.hpp"

/// Handlers of lookups (§2): answered on the io thread, in microseconds.
namespace waypost::api {

asio::awaitable<Reply> google_geocode(Call call);
asio::awaitable<Reply> native_geocode(Call call);
asio::awaitable<Reply> native_reverse(Call call);
asio::awaitable<Reply> native_place(Call call);

}  // namespace waypost::api
