#pragma once

#include "waypost/store/job_store.hpp"

namespace waypost::test {

/// Passes every call on to another store, which outlives it; a test overrides what it wants to watch or
/// refuse.
class ForwardingStore : public store::JobStore {
 public:
  explicit ForwardingStore(store::JobStore& store) : store_(store) {}

  void observe(Observer observer) override { store_.observe(std::move(observer)); }
  void submit(store::Submission submission, store::Reply<store::Submitted> reply) override {
    store_.submit(std::move(submission), std::move(reply));
  }
  void put_answer(store::IdempotencyKey key, store::StoredAnswer answer, store::Reply<void> reply) override {
    store_.put_answer(std::move(key), std::move(answer), std::move(reply));
  }
  void change(store::OwnedId id, job::Command command, store::Reply<job::Decision> reply) override {
    store_.change(id, std::move(command), std::move(reply));
  }
  void record_chunk(Ulid id, store::ChunkRecord chunk, std::int64_t fence,
                    store::Reply<job::Decision> reply) override {
    store_.record_chunk(id, chunk, fence, std::move(reply));
  }
  void record_rest(Ulid id, std::vector<store::ChunkRecord> chunks, store::Reply<void> reply) override {
    store_.record_rest(id, std::move(chunks), std::move(reply));
  }
  void tick(Time now, std::size_t limit, store::Reply<store::Tick> reply) override {
    store_.tick(now, limit, std::move(reply));
  }
  void settle(store::Settlement settlement, store::Reply<std::optional<store::Delivery>> reply) override {
    store_.settle(std::move(settlement), std::move(reply));
  }
  void get(store::OwnedId id, store::Reply<job::Job> reply) override { store_.get(id, std::move(reply)); }
  void list(store::ListQuery query, store::Reply<store::ListPage> reply) override {
    store_.list(std::move(query), std::move(reply));
  }
  void attempts(Ulid id, store::Reply<std::vector<job::Attempt>> reply) override {
    store_.attempts(id, std::move(reply));
  }
  void chunks(Ulid id, store::Reply<std::vector<store::ChunkRecord>> reply) override {
    store_.chunks(id, std::move(reply));
  }
  void ready(store::ReadyQuery query, store::Reply<std::vector<store::ReadyJob>> reply) override {
    store_.ready(std::move(query), std::move(reply));
  }
  void due_deliveries(DueQuery query, store::Reply<Due> reply) override {
    store_.due_deliveries(std::move(query), std::move(reply));
  }
  void backlog(std::optional<Tenant> tenant, store::Reply<store::Backlog> reply) override {
    store_.backlog(tenant, std::move(reply));
  }
  void standing(store::OwnedId id, store::Reply<store::Standing> reply) override {
    store_.standing(id, std::move(reply));
  }
  void census(store::Reply<store::Census> reply) override { store_.census(std::move(reply)); }
  bool healthy() const override { return store_.healthy(); }
  store::StoreFigures figures() const override { return store_.figures(); }

 protected:
  store::JobStore& store_;
};

}  // namespace waypost::test
