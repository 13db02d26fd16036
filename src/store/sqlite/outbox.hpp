#pragma once

#include "store/sqlite/statements.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::store::sqlite {

/// The schema's step that gives deliveries ids of their own, and makes room for endpoints.
extern const std::string_view outbox_schema;

/// The webhooks that are owed: written with the change that causes them, settled one after the other. A lane
/// is what one job owes one receiver, the job's own webhook or an endpoint: of a lane only the first is due.
/// The writer's thread, inside a transaction.
class Outbox {
 public:
  /// Both outlive it.
  Outbox(Statements& sql, Clock& clock) : sql_(sql), clock_(clock) {}

  /// Owes the event to all who listen; answers what of it is due.
  std::vector<Delivery> owe(const job::Job& job, const job::PastEvent& event);
  /// Writes down how an attempt went; answers the next of the lane when that is due now.
  std::optional<Delivery> settle(const Settlement& settlement);

 private:
  bool owes(std::int64_t job, std::int64_t endpoint);
  /// Adds it at the end of its lane; whether it is due.
  bool add(const Delivery& delivery);
  std::optional<Delivery> next_of_lane(std::int64_t job, std::int64_t endpoint);

  Statements& sql_;
  Clock& clock_;
};

}  // namespace waypost::store::sqlite
