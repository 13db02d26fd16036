#pragma once

#include "api/call.hpp"

/// Handlers of batches (§3.5).
namespace waypost::api {

/// `POST /v1/jobs` with a manifest for its body: streams it to disk, then submits the job.
asio::awaitable<Reply> post_batch(Call call);
asio::awaitable<Reply> get_report(Call call);

}  // namespace waypost::api
