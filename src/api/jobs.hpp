#pragma once

#include "api/call.hpp"

/// Handlers of /v1/jobs (§3.1 to §3.3) that are no batch's.
namespace waypost::api {

asio::awaitable<Reply> post_job(Call call);
asio::awaitable<Reply> list_jobs(Call call);
asio::awaitable<Reply> get_job(Call call);
asio::awaitable<Reply> get_result(Call call);
asio::awaitable<Reply> get_attempts(Call call);
asio::awaitable<Reply> delete_job(Call call);
asio::awaitable<Reply> cancel_job(Call call);
asio::awaitable<Reply> retry_job(Call call);

/// The id in the path: not_found when it is none.
Result<Ulid> job_id(const Call& call);
/// The job named in the path.
asio::awaitable<Result<job::Job>> load_job(Call call);

}  // namespace waypost::api
