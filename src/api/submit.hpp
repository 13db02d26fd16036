#pragma once

#include "api/submission.hpp"

namespace waypost::api {

/// The `Idempotency-Key` of a request, bare or as a quoted structured-field string; "" when there is none.
Result<std::string> idempotency_key(const net::RequestHead& head);

/// SHA-256 in hex of what makes a request the same request: its target and its body (or the body's own hash).
std::string fingerprint(const net::RequestHead& head, std::string_view body);

/// Where the answer is kept: under this key of the caller's tenant.
store::IdempotencyKey keep_under(const Call& call, std::string key, std::string request_fingerprint);

/// The Idempotency-Key of a request under which its answer is kept; nothing without one.
Result<std::optional<store::IdempotencyKey>> keyed(const Call& call);

/// The answer to a request that makes something: `fresh`, or the first one again under a known key.
net::Response answer_of(const store::Submitted& submitted, const store::StoredAnswer& fresh);

/// An answer that holds a secret: what is kept of it is sealed.
struct SecretAnswer {
  store::StoredAnswer shown;
  store::StoredAnswer kept;
};
SecretAnswer seal_answer(const Call& call, store::StoredAnswer answer);
/// As `answer_of`, of an answer that was kept sealed.
Reply answer_of(const Call& call, store::Submitted submitted, const SecretAnswer& fresh);

/// Stores the job and answers: 202, or 200 and the finished job when the client waits and it ends in time
/// (RFC 7240); the first answer again under a known key. The job is on disk before anything is answered.
asio::awaitable<Reply> submit(Call call, job::Job job, std::string key, std::string request_fingerprint);

}  // namespace waypost::api
