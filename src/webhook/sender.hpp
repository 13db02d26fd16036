#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "waypost/base/clock.hpp"
#include "waypost/net/client.hpp"
#include "waypost/webhook/deliverer.hpp"
#include "waypost/webhook/signature.hpp"
#include "webhook/cache.hpp"
#include "webhook/receivers.hpp"
#include "webhook/verdict.hpp"
#include "webhook/window.hpp"

namespace waypost::webhook {

/// What came of one attempt.
struct Outcome {
  int status = 0;
  std::optional<net::ClientError::Kind> failure;
  std::string error;        ///< stable name of what failed, "" when there was a reply
  std::string message;      ///< says so to a person
  std::string address;      ///< ip:port, "" when none was tried
  std::string reply;        ///< its first KiB
  std::string retry_after;  ///< "" when the reply had none
  Milliseconds took{0};

  Ending ending(Time at) const { return {status, failure, retry_after, at}; }
  /// What is kept of it in the store: one line with a JSON object.
  std::string detail(int attempt, Time at) const;
};

/// "evt_…" and "dlv_…"
std::string event_id(const Ulid& event);
std::string delivery_id(const Ulid& delivery);

/// scheme://host:port
std::string origin_of(const net::Url& url);

/// Makes attempts: signs, posts, and says what came of it. All on one thread.
class Sender {
 public:
  /// Throws std::invalid_argument when the service's secret is malformed.
  /// All outlive it.
  Sender(net::Client& client, Clock& clock, const DelivererOptions& options, Receivers& receivers);
  /// Where a URL points; nothing when it is malformed.
  std::shared_ptr<const Target> target(const std::string& url);
  asio::awaitable<Outcome> send(const Window::Attempt& attempt, net::Abort& abort);

 private:
  Result<Signer*> signer(const std::string& secret);
  Result<std::string> signature(const store::Delivery& delivery, const Receiver* receiver,
                                std::string_view id, std::int64_t timestamp);
  Result<net::ClientRequest> request(const Window::Attempt& attempt, const std::string& traceparent);

  net::Client& client_;
  Clock& clock_;
  Receivers& receivers_;
  Milliseconds timeout_;
  std::string user_agent_;
  const SecretBox* secret_box_;
  trace::Tracer* tracer_;
  Signer service_signer_;
  Cache<Signer> signers_;
  Cache<std::shared_ptr<const Target>> targets_;
};

}  // namespace waypost::webhook
