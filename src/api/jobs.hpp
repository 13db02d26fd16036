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
asio::awaitable<Reply> pause_job(Call call);
asio::awaitable<Reply> resume_job(Call call);
asio::awaitable<Reply> confirm_job(Call call);
asio::awaitable<Reply> retry_job(Call call);
asio::awaitable<Reply> patch_job(Call call);
asio::awaitable<Reply> explain_job(Call call);

/// The id in the path, as one of the caller's tenant: not_found when it is none.
Result<store::OwnedId> job_id(const Call& call);
/// 200 and the job, with its ETag.
net::Response job_response(const job::Job& job, Time now);
/// The job named in the path.
asio::awaitable<Result<job::Job>> load_job(Call call);

}  // namespace waypost::api
