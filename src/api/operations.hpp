#pragma once

#include "api/call.hpp"

/// Handlers of operations: what there is, and those of the operator's own (§3.4).
namespace waypost::api {

asio::awaitable<Reply> list_operations(Call call);
asio::awaitable<Reply> put_operation(Call call);
asio::awaitable<Reply> delete_operation(Call call);

}  // namespace waypost::api
