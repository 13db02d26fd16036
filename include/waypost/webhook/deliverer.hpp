#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "waypost/base/asio.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/base/histogram.hpp"
#include "waypost/base/secret_box.hpp"
#include "waypost/net/client.hpp"
#include "waypost/store/webhook_store.hpp"
#include "waypost/trace/tracer.hpp"

/// Sends the webhooks that the store's outbox owes.
namespace waypost::webhook {

struct DelivererOptions {
  /// The gaps between attempts, the first one before the first attempt: as many attempts as gaps, at least
  /// one.
  std::vector<Milliseconds> retry_gaps = {Seconds{0},     Seconds{5},     Seconds{300},   Seconds{1800},
                                          Seconds{7200},  Seconds{18000}, Seconds{36000}, Seconds{50400},
                                          Seconds{72000}, Seconds{86400}};
  Milliseconds timeout{15'000};  ///< of one attempt, to the last byte of the reply that is read
  std::size_t max_in_flight = 256;
  std::size_t max_in_flight_per_origin = 32;
  std::size_t window = 2000;              ///< deliveries kept in memory; what does not fit waits in the store
  std::size_t window_bytes = 64u << 20;   ///< of their bodies
  std::string service_secret;             ///< "whsec_…": signs what has no secret of its own
  const SecretBox* secret_box = nullptr;  ///< opens sealed secrets; outlives the deliverer
  std::string user_agent = "Waypost/" WAYPOST_VERSION;
  std::uint64_t seed = 0;           ///< of the jitter
  trace::Tracer* tracer = nullptr;  ///< is told of attempts; outlives the deliverer; null for nobody
};

/// What of them may change while it runs.
struct DelivererPace {
  std::vector<Milliseconds> retry_gaps;
  Milliseconds timeout;
  std::size_t max_in_flight;
};

/// What came of attempts, since the start.
struct Tally {
  std::uint64_t delivered = 0;
  std::uint64_t retried = 0;  ///< attempts that failed and will be made again
  std::uint64_t gave_up = 0;  ///< deliveries that failed for good
};

/// For metrics.
struct DelivererFigures {
  std::uint64_t pending = 0;    ///< in memory: waiting, under way, or being written down
  std::uint64_t in_flight = 0;  ///< attempts under way
  Tally attempts;               ///< of all tenants
  std::uint64_t egress_refused =
      0;  ///< deliveries given up because the address is forbidden; since the start
  std::uint64_t postponed =
      0;  ///< put back into the store because their receiver had its share of the window
  std::uint64_t endpoints = 0;           ///< there are
  std::uint64_t endpoints_disabled = 0;  ///< of those
  std::uint64_t circuits_open = 0;       ///< endpoints that are left alone for a while
  std::uint64_t disabled_gone = 0;       ///< endpoints disabled since the start because they answered 410
  std::uint64_t disabled_failing = 0;    ///< and because they failed for five days
  Histogram attempt_milliseconds{milliseconds_scale};
};

/// Lives on the thread of one io_context. The store alone is the truth: what is kept here was read from it,
/// and what is not settled is read again after a restart.
///
/// A receiver is an endpoint, or else an origin: scheme, host and port. Receivers take turns. None may hold
/// more of the window than is left free, nor, beyond its first, more attempts at once than a quarter of those
/// left free; one that fails gets a quarter of its attempts at each failure in a row, down to one at a time,
/// and all such origins together at most half of all attempts. So however many deliveries dead or slow
/// receivers have due, a live one finds room and an attempt at once. What is due in the store and finds no
/// room is postponed there by about the time its origin needs to get to it (1 s to 5 min), without counting
/// an attempt: it never hides what is due behind it.
class Deliverer {
 public:
  /// All that is passed by reference outlives the deliverer. Throws std::invalid_argument when there is no
  /// gap or when the service's secret is malformed.
  Deliverer(asio::io_context& context, net::Client& client, store::JobStore& store,
            store::WebhookStore& endpoints, Clock& clock, DelivererOptions options);
  /// On the context's thread, after `stop` was done; or when the context will not run again.
  ~Deliverer();

  /// Reads what is due from the store and begins to send. Any thread.
  void start();
  /// Hears of endpoints, and of what came due by request: what a store tells WebhookStore::observe. All
  /// endpoints before `start`. Any thread.
  void heed(store::WebhookNews news);
  /// Takes deliveries that became due: Change::deliveries. What does not fit is read from the store later.
  /// Any thread.
  void offer(std::vector<store::Delivery> deliveries);
  /// Goes on at another pace, from the next attempt on. There is at least one gap. Any thread.
  void reconfigure(DelivererPace pace);
  /// Begins no new attempt; those under way may take until `limit` from now and are then broken off,
  /// uncounted: they are due again at the next start. `done` is called on the context's thread once every
  /// outcome is written down. Any thread; once.
  void stop(Milliseconds limit, std::function<void()> done);
  /// Any thread.
  DelivererFigures figures() const;
  /// Of one tenant. Any thread.
  Tally tally(Tenant tenant) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::webhook
