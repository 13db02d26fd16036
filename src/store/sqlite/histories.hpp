#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/history_store.hpp"

namespace waypost::store::sqlite {

/// The schema's step that makes room for events.
extern const std::string_view histories_schema;

/// Adds an event to a job's history. On the writer's thread, inside its transaction.
void add_event(Statements& sql, const Ulid& job, const job::PastEvent& event);

class Histories final : public HistoryStore {
 public:
  explicit Histories(Access& access) : access_(access) {}
  void read(OwnedId id, std::int64_t after, std::size_t limit, Reply<job::History> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite
