#pragma once

#include "api/router.hpp"

/// The audit trail: GET /v1/audit, and what is written to it.
namespace waypost::api {

asio::awaitable<Reply> list_audit(Call call);

/// Writes down that this call of an audited route was made, and what came of it; durable when it returns. The
/// answer to give: the route's own, or why that could not be written down.
asio::awaitable<Reply> write_down(Call call, const Route& route, Reply reply);

}  // namespace waypost::api
