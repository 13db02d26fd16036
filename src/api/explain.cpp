#include "api/jobs.hpp"
#include "waypost/store/await.hpp"

/// GET /v1/jobs/{id}/explain.
namespace waypost::api {
namespace {

/// "It is queued: its queue "mail" is paused; 3 jobs of its queue before it."
std::string summary_of(const engine::Explanation& explanation) {
  std::string summary = "It is " + std::string(job::to_string(explanation.job.state));
  std::string_view before = ": ";
  for (const auto& reason : explanation.reasons) {
    summary += std::string(before) + reason.detail;
    if (reason.until) summary += " (until " + to_rfc3339(*reason.until) + ")";
    before = "; ";
  }
  return summary + ".";
}

std::string body_of(const engine::Explanation& explanation) {
  std::string body;
  json::Writer out(body);
  out.begin_object()
      .field("id", explanation.job.id())
      .field("state", job::to_string(explanation.job.state))
      .field("queue", explanation.job.spec.queue)
      .field("summary", summary_of(explanation));
  out.key("reasons").begin_array();
  for (const auto& reason : explanation.reasons) {
    out.begin_object().field("code", reason.code).field("detail", reason.detail);
    out.field("until", reason.until);
    out.end_object();
  }
  out.end_array().key("ahead");
  if (explanation.ahead)
    out.integer(*explanation.ahead);
  else
    out.null();
  out.key("waits_for").begin_array();
  for (const Ulid& id : explanation.waits_for) out.string(format_id(job::id_prefix, id));
  out.end_array();
  out.field("may_start_at", explanation.may_start_at);
  out.end_object();
  return body;
}

}  // namespace

asio::awaitable<Reply> explain_job(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto id = job_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto explanation = co_await store::reply<engine::Explanation>(
      [&](auto done) { call.services.engine.explain(*id, std::move(done)); });
  if (!explanation) co_return std::unexpected(explanation.error());
  co_return json_response(200, body_of(*explanation));
}

}  // namespace waypost::api
