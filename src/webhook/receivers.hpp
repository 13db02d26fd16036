#pragma once

#include <memory>
#include <unordered_map>

#include "waypost/base/secret_box.hpp"
#include "waypost/net/client.hpp"
#include "waypost/store/webhook_store.hpp"
#include "webhook/health.hpp"
#include "webhook/window.hpp"

namespace waypost::webhook {

/// An endpoint as the deliverer knows it.
struct Receiver {
  store::Endpoint endpoint;
  std::shared_ptr<const Target> target;  ///< none: its URL is malformed
  std::vector<net::Field> headers;       ///< opened
  Health health{std::nullopt};
  std::chrono::sys_time<std::chrono::microseconds> next_free{};  ///< when its rate allows the next attempt

  /// Counts an attempt at `now` against the rate; until when the next one has to wait, if it has to.
  std::optional<Time> take_turn(Time now);
};

/// The endpoints that may be told of something. One thread.
class Receivers {
 public:
  explicit Receivers(const SecretBox* secret_box) : secret_box_(secret_box) {}
  /// Whether it begins anew: it is new, was enabled, or goes elsewhere.
  bool apply(store::WebhookNews::Change change);
  /// nullptr when there is no such endpoint.
  Receiver* find(std::int64_t endpoint);
  std::size_t size() const { return receivers_.size(); }
  /// Those that are disabled, and those whose circuit is open.
  std::size_t disabled() const;
  std::size_t open() const;

 private:
  std::vector<net::Field> open_headers(const store::Endpoint& endpoint) const;

  const SecretBox* secret_box_;
  std::unordered_map<std::int64_t, Receiver> receivers_;
};

/// What others are told when an endpoint is disabled.
std::string disabled_event(const store::Endpoint& endpoint, const store::Disabled& disabled);

}  // namespace waypost::webhook
