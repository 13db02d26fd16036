#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/queue_store.hpp"

namespace waypost::store::sqlite {

/// The schema's step that makes room for queues.
extern const std::string_view queues_schema;

class Queues final : public QueueStore {
 public:
  explicit Queues(Access& access) : access_(access) {}
  void put(std::string name, QueueChoices choices, Reply<void> reply) override;
  void all(Reply<QueueStore::Queues> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite
