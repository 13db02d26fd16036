#pragma once

#include "api/submission.hpp"

/// Handlers of batches (§3.5).
namespace waypost::api {

/// `POST /v1/jobs` with a manifest for its body: streams it to disk, then submits the job.
asio::awaitable<Reply> post_batch(Call call);
/// A job in JSON that names a manifest: a stored one, or rows of its own.
asio::awaitable<Reply> submit_batch(Call call, NewJob job, std::string key, std::string print);
asio::awaitable<Reply> get_report(Call call);

}  // namespace waypost::api
