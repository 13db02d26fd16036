#pragma once

#include "store/sqlite/connections.hpp"
#include "waypost/store/queue_store.hpp"

namespace waypost::store::sqlite {

class Queues final : public QueueStore {
 public:
  explicit Queues(Connections& connections) : connections_(connections) {}
  void put(std::string name, QueueChoices choices, Reply<void> reply) override;
  void all(Reply<QueueStore::Queues> reply) override;

 private:
  Connections& connections_;
};

}  // namespace waypost::store::sqlite
