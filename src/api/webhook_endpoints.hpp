#pragma once

#include "api/call.hpp"

/// Handlers of webhook endpoints and of what they were told (§4).
namespace waypost::api {

asio::awaitable<Reply> post_endpoint(Call call);
asio::awaitable<Reply> list_endpoints(Call call);
asio::awaitable<Reply> get_endpoint(Call call);
asio::awaitable<Reply> patch_endpoint(Call call);
asio::awaitable<Reply> delete_endpoint(Call call);
asio::awaitable<Reply> rotate_secret(Call call);

asio::awaitable<Reply> test_endpoint(Call call);
asio::awaitable<Reply> list_deliveries(Call call);
asio::awaitable<Reply> redeliver(Call call);
asio::awaitable<Reply> replay(Call call);

/// The endpoint that the path names.
asio::awaitable<Result<store::Endpoint>> load_endpoint(Call call);

}  // namespace waypost::api
