#pragma once

#include "api/call.hpp"

/// Handlers of stored manifests (§3.5).
namespace waypost::api {

asio::awaitable<Reply> post_manifest(Call call);
asio::awaitable<Reply> list_manifests(Call call);
asio::awaitable<Reply> get_manifest(Call call);
asio::awaitable<Reply> delete_manifest(Call call);

}  // namespace waypost::api
