#include "api/audit.hpp"
#include "api/jobs.hpp"
#include "api/problem.hpp"
#include "api/submission.hpp"
#include "waypost/base/text.hpp"
#include "waypost/store/await.hpp"

/// PATCH /v1/jobs/{id}.
namespace waypost::api {
namespace {

/// The version that an entity tag of a job names.
std::optional<std::int64_t> version_of(std::string_view tag) {
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return {};
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(tag.data() + 1, tag.data() + tag.size() - 1, version);
  if (error != std::errc{} || end != tag.data() + tag.size() - 1) return {};
  return version;
}

/// The versions that If-Match names (strong comparison, RFC 9110 §13.1.1): nothing without the field or with
/// `*`; none of ours matches nothing.
std::optional<std::vector<std::int64_t>> wanted_versions(const net::RequestHead& head) {
  const auto field = head.joined("if-match");
  if (!field || text::trim(*field) == "*") return {};
  std::vector<std::int64_t> versions;
  for (const auto candidate : text::split(*field, ','))
    if (const auto version = version_of(text::trim(candidate))) versions.push_back(*version);
  return versions;
}

Result<job::Amend> read_amendment(const Call& call, json::Value body) {
  std::vector<Fault> faults;
  if (!body.is(json::Kind::object)) {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
    return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  }
  json::Fields fields(body, "", faults);
  job::Amend amend = read_amend(fields, call.services, faults);
  if (!faults.empty()) return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  amend.only_versions = wanted_versions(call.request.head);
  return amend;
}

}  // namespace

asio::awaitable<Reply> patch_job(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto id = job_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto document = json_body(call);
  if (!document) co_return std::unexpected(document.error());
  auto amend = read_amendment(call, document->root());
  if (!amend) co_return std::unexpected(amend.error());
  auto job = co_await change<job::Job>(
      call, [&](auto done) { call.services.engine.steer(*id, std::move(*amend), std::move(done)); });
  if (!job) co_return std::unexpected(job.error());
  co_return job_response(*job, call.services.clock.now());
}

}  // namespace waypost::api
