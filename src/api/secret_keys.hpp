#pragma once

#include "api/call.hpp"

/// The keys under which secrets are kept, as a resource: /v1/secret-keys, for whoever has the scope `admin`.
namespace waypost::api {

asio::awaitable<Reply> list_secret_keys(Call call);
asio::awaitable<Reply> add_secret_key(Call call);
asio::awaitable<Reply> reseal_secrets(Call call);
asio::awaitable<Reply> drop_secret_key(Call call);

}  // namespace waypost::api
