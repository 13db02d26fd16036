#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "waypost/store/job_store.hpp"

namespace waypost::store {

/// Which jobs an endpoint hears of: those that match all that is given. Empty means any.
struct EndpointFilter {
  std::vector<std::string> types;
  std::vector<std::string> queues;
  std::map<std::string, std::string> tags;
  bool operator==(const EndpointFilter&) const = default;
};

/// Why and since when an endpoint is told nothing.
struct Disabled {
  std::string reason;  ///< "requested", "gone" (it answered 410) or "failing" (for five days)
  Time at{};
  bool operator==(const Disabled&) const = default;
};

/// A receiver of events that lives on. Secrets are sealed (SecretBox) before they come here.
struct Endpoint {
  struct Header {
    std::string name;
    std::string sealed_value;
    bool operator==(const Header&) const = default;
  };
  struct OldSecret {
    std::string sealed;
    Time until{};  ///< signs beside the present one until then
    bool operator==(const OldSecret&) const = default;
  };

  Ulid ulid;
  Tenant tenant = default_tenant;  ///< hears of this one's jobs only
  std::int64_t version = 1;        ///< rises with every change
  std::string url;
  std::vector<job::Notice> events = job::default_notices();
  bool hears_of_disabled = false;  ///< also of other endpoints that were disabled
  EndpointFilter filter;
  std::optional<std::string> description;
  std::vector<Header> headers;
  std::optional<double> rate_per_second;  ///< attempts; none: no limit
  std::string sealed_secret;
  std::vector<OldSecret> old_secrets;
  std::optional<Disabled> disabled;
  std::optional<Time> failing_since;  ///< the first of the failures in a row
  Time created_at{};
  Time updated_at{};
  bool operator==(const Endpoint&) const = default;
};

/// Whether an endpoint hears of this event of this job. Pure.
bool hears(const Endpoint& endpoint, const job::Job& job, job::Notice notice);

/// What was owed to an endpoint, and what came of it.
struct DeliveryRecord {
  enum class State { pending, delivered, gave_up };
  Ulid id;
  Ulid event;
  std::optional<Ulid> job;  ///< nothing when the event is not of a job
  Ulid endpoint;
  std::string type;  ///< of the event: "job.succeeded"
  State state = State::pending;
  std::string log;  ///< one JSON object a line, one for each attempt
  Time created_at{};
  std::optional<Time> next_at;  ///< when it is tried next; nothing while an earlier one is still owed
};

template <class T>
struct Page {
  std::vector<T> rows;
  std::optional<std::int64_t> next;
};
struct PageQuery {
  std::optional<std::int64_t> after;  ///< sequence of the last row of the page before
  std::size_t limit = 50;
};
struct DeliveryQuery {
  Ulid endpoint;
  std::optional<DeliveryRecord::State> state;
  PageQuery page;
};

/// What deliverers are told, in the order of the commits.
struct WebhookNews {
  struct Change {
    std::int64_t endpoint = 0;
    std::optional<Endpoint> now;  ///< nothing: removed
  };
  std::vector<Change> endpoints;
  bool due = false;  ///< something is owed by request, not by a change of a job
};

/// What a deliverer found out about an endpoint.
struct EndpointHealth {
  std::optional<Time> failing_since;
  std::optional<Disabled> disabled;
  std::string disabled_event;  ///< the body of the event that tells others of it
};

/// The part of a replay that one transaction does.
struct ReplayStep {
  std::int64_t endpoint = 0;
  std::int64_t after = 0;  ///< sequences of deliveries: after this one
  std::int64_t until = 0;  ///< and up to this one
  std::size_t limit = 200;
};
struct ReplayDone {
  bool replayed = false;  ///< the key was used before: `answer` is the first one
  StoredAnswer answer;
  std::size_t count = 0;
  std::optional<std::int64_t> next;  ///< `after` of the next step; nothing when that was all
};

/// The endpoints and what they were told.
class WebhookStore {
 public:
  static constexpr std::size_t max_endpoints = 1000;  ///< of one tenant
  static constexpr std::string_view disabled_event = "webhook_endpoint.disabled";
  using Observer = std::function<void(WebhookNews&&)>;
  virtual ~WebhookStore() = default;

  /// Before JobStore::observe: told at once of all endpoints, then on the writer's thread after each commit
  /// that matters, before its replies and before the observer of jobs.
  virtual void observe(Observer observer) = 0;

  /// Makes an endpoint (version 1), or replaces the one of the version before; else Code::conflict.
  virtual void put(Endpoint endpoint, Keyed keyed, Reply<Submitted> reply) = 0;
  /// It is told nothing more; what it was told is forgotten in small steps. Code::not_found.
  virtual void remove(OwnedId id, Reply<void> reply) = 0;
  /// Notes how it fares; when that disables it, tells those who hear of it. Does nothing when it is gone or
  /// disabled already.
  virtual void note_health(Ulid id, EndpointHealth health, Reply<void> reply) = 0;

  virtual void get(OwnedId id, Reply<Endpoint> reply) = 0;
  /// The newest first, like all lists here.
  virtual void list(Tenant tenant, PageQuery query, Reply<Page<Endpoint>> reply) = 0;
  virtual void deliveries(DeliveryQuery query, Reply<Page<DeliveryRecord>> reply) = 0;

  /// Owes an endpoint an event that is not of a job, of `type`.
  virtual void owe(Delivery delivery, std::string type, Keyed keyed, Reply<Submitted> reply) = 0;
  /// Makes the answer to a redelivery from what will be delivered. Pure: called on the writer's thread.
  using Render = std::function<StoredAnswer(const DeliveryRecord&)>;
  /// Sends the same event again: a settled delivery as a new one with the id `again`, a pending one at once.
  /// Code::not_found; Code::conflict when its endpoint is disabled or an earlier event of its job is owed
  /// first.
  virtual void redeliver(OwnedId id, Ulid again, std::optional<IdempotencyKey> key, Render render,
                         Reply<Submitted> reply) = 0;
  /// Owes again, in order, what an endpoint was told and is settled.
  virtual void replay(ReplayStep step, Keyed keyed, Reply<ReplayDone> reply) = 0;
};

}  // namespace waypost::store
