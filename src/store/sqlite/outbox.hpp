#pragma once

#include "store/sqlite/endpoints.hpp"
#include "waypost/base/clock.hpp"

namespace waypost::store::sqlite {

/// The schema's step that gives deliveries ids of their own, and makes room for endpoints.
extern const std::string_view outbox_schema;
/// The step that keeps a trace's state beside its parent.
extern const std::string_view outbox_tracestate_schema;
/// The step that says whose deliveries are.
extern const std::string_view outbox_tenants_schema;

/// What was owed, as rows (delivery_record_columns in outbox.cpp).
std::optional<DeliveryRecord> find_delivery(Statements& sql, const Ulid& id);
Page<DeliveryRecord> list_deliveries(Statements& sql, const DeliveryQuery& query);

/// The webhooks that are owed: written with the change that causes them, settled one after the other. A lane
/// is what one job owes one receiver, the job's own webhook or an endpoint: of a lane only the first is due.
/// The writer's thread, inside a transaction.
class Outbox {
 public:
  /// All outlive it. What endpoints were told is kept for `keep` once it is settled.
  Outbox(Statements& sql, Endpoints& endpoints, Clock& clock, Seconds keep)
      : sql_(sql), endpoints_(endpoints), clock_(clock), keep_(keep) {}

  /// Owes the event to all who hear of it; answers what of it is due.
  std::vector<Delivery> owe(const job::Job& job, const job::PastEvent& event);
  /// Owes an endpoint an event that is not of a job.
  void owe(const Delivery& delivery, std::string_view type);
  /// Writes down how an attempt went; answers the next of the lane when that is due now.
  std::optional<Delivery> settle(const Settlement& settlement);
  /// As WebhookStore::redeliver; answers what will be delivered.
  Result<DeliveryRecord> redeliver(const OwnedId& id, const Ulid& again);
  /// Owes again what `step` says; how much, and where the next step begins.
  std::pair<std::size_t, std::optional<std::int64_t>> replay(const ReplayStep& step);
  /// Forgets what was kept for long enough, at most `limit` of it.
  Tick sweep(Time now, std::size_t limit);

  /// What is settled from now on.
  void keep_for(Seconds keep) { keep_ = keep; }

  void rolled_back() { due_ = false; }
  /// Whether anything came due by request since the last call.
  bool take_due() { return std::exchange(due_, false); }

 private:
  enum class Origin { event, request };
  bool owes(std::int64_t job, std::int64_t endpoint);
  /// Adds it at the end of its lane; whether it is due.
  bool add(const Delivery& delivery, std::string_view type, Origin origin);
  std::optional<Delivery> read(std::int64_t sequence);
  void send_again(std::int64_t sequence, const Ulid& again);
  std::optional<std::int64_t> close(const Settlement& settlement);
  std::optional<Delivery> next_of_lane(std::int64_t job, std::int64_t endpoint);

  Statements& sql_;
  Endpoints& endpoints_;
  Clock& clock_;
  Seconds keep_;
  bool due_ = false;
};

}  // namespace waypost::store::sqlite
