#include "api/submit.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "api/problem.hpp"
#include "api/waiting.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/text.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

std::string job_body(const job::Job& job, Time now) {
  std::string body;
  json::Writer out(body);
  job::write(out, job, now);
  return body;
}

/// Holds the request until the job has ended or the time is up, then answers with what it is now.
asio::awaitable<store::StoredAnswer> answer_when_ended(Call call, Ulid id, Seconds wait,
                                                       store::StoredAnswer accepted) {
  const auto read = [&](auto done) { call.services.store.get(id, std::move(done)); };
  const Time deadline = call.services.clock.now() + wait;
  engine::Watch watch = call.services.engine.watch(id, engine::Watch::For::end);
  auto job = co_await store::reply<job::Job>(read);
  if (job && !job::is_terminal(job->state)) {
    co_await next(watch, deadline);
    job = co_await store::reply<job::Job>(read);
  }
  if (!job) co_return accepted;  // its retention was shorter than the wait
  if (job::is_terminal(job->state)) accepted.status = 200;
  accepted.body = job_body(*job, call.services.clock.now());
  co_return accepted;
}

}  // namespace

Result<std::string> idempotency_key(const net::RequestHead& head) {
  const auto field = head.joined("idempotency-key");
  if (!field) return "";
  std::string_view key = text::trim(*field);
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
  const bool visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
  if (key.empty() || key.size() > 255 || !visible)
    return std::unexpected(
        faulty(Code::invalid_parameter, {{.parameter = "Idempotency-Key",
                                          .code = "malformed",
                                          .detail = "must have 1 to 255 visible ASCII characters"}}));
  return std::string(key);
}

std::string fingerprint(const net::RequestHead& head, std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  EVP_DigestUpdate(hash.get(), head.target.data(), head.target.size());
  EVP_DigestUpdate(hash.get(), "\n", 1);
  EVP_DigestUpdate(hash.get(), body.data(), body.size());
  EVP_DigestFinal_ex(hash.get(), digest.data(), &length);
  return text::hex(std::span(digest).first(length));
}

store::IdempotencyKey keep_under(const Call& call, std::string key, std::string request_fingerprint) {
  return {
      .key = std::move(key), .fingerprint = std::move(request_fingerprint), .tenant = call.principal.tenant};
}

Result<std::optional<store::IdempotencyKey>> keyed(const Call& call) {
  const auto key = idempotency_key(call.request.head);
  if (!key) return std::unexpected(key.error());
  if (key->empty()) return std::optional<store::IdempotencyKey>();
  return keep_under(call, *key, fingerprint(call.request.head, call.request.body));
}

net::Response answer_of(const store::Submitted& submitted, const store::StoredAnswer& fresh) {
  const store::StoredAnswer& answer = submitted.replayed ? *submitted.answer : fresh;
  net::Response response = json_response(answer.status, answer.body);
  if (!answer.location.empty()) response.fields.push_back({"Location", answer.location});
  if (answer.status == 202) response.fields.push_back({"Retry-After", "1"});
  if (submitted.replayed) response.fields.push_back({"Idempotency-Replayed", "true"});
  return response;
}

SecretAnswer seal_answer(const Call& call, store::StoredAnswer answer) {
  store::StoredAnswer kept{answer.status, call.services.seal(answer.body), answer.location};
  return {.shown = std::move(answer), .kept = std::move(kept)};
}

Reply answer_of(const Call& call, store::Submitted submitted, const SecretAnswer& fresh) {
  if (submitted.replayed) {
    auto body = call.services.unseal(submitted.answer->body);
    if (!body) return std::unexpected(body.error());
    submitted.answer->body = std::move(*body);
  }
  return answer_of(submitted, fresh.shown);
}

asio::awaitable<Reply> submit(Call call, job::Job job, std::string key, std::string request_fingerprint) {
  const auto wait = preferred_wait(call.request.head);
  const bool waits = wait && wait->count() > 0;
  store::StoredAnswer accepted{202, job_body(job, call.services.clock.now()), "/v1/jobs/" + job.id()};
  store::Submission submission{.job = std::move(job), .answer = accepted};
  const store::IdempotencyKey kept_key = keep_under(call, std::move(key), std::move(request_fingerprint));
  const bool keyed = !kept_key.key.empty();
  if (keyed) {
    submission.idempotency = kept_key;
    submission.idempotency->held = waits;
  }
  auto submitted = co_await store::reply<store::Submitted>(
      [&](auto done) { call.services.engine.submit(std::move(submission), std::move(done)); });
  if (!submitted) co_return std::unexpected(submitted.error());
  if (submitted->replayed) co_return answer_of(*submitted, accepted);
  if (submitted->answer) accepted = *submitted->answer;
  if (waits) {
    accepted = co_await answer_when_ended(call, submitted->job, *wait, std::move(accepted));
    if (keyed) {
      const auto kept = co_await store::reply<void>(
          [&](auto done) { call.services.store.put_answer(kept_key, accepted, std::move(done)); });
      // The job is accepted all the same: whoever is told otherwise would take its manifest away or send it
      // again.
      if (!kept)
        log::warn("an answer could not be kept for its Idempotency-Key", {{"error", kept.error().message}});
    }
  }
  net::Response response = answer_of(*submitted, accepted);
  if (wait) response.fields.push_back({"Preference-Applied", "wait=" + std::to_string(wait->count())});
  co_return response;
}

}  // namespace waypost::api
