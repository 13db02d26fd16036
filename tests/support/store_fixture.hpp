#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <mutex>

#include "support/manual_clock.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::test {

/// A fresh directory, removed at the end.
class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "waypost-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Starts a call that answers through a store::Reply<T>; its answer is the future's.
/// `note` goes with a write.
///   auto answer = start_call<job::Job>([&](auto reply) { store.get(id, std::move(reply)); });
template <class T, class Start>
std::future<Result<T>> start_call(Start start, store::Note note = nullptr) {
  std::promise<Result<T>> promise;
  auto answer = promise.get_future();
  auto keep = [promise = std::move(promise)](Result<T> result) mutable {
    promise.set_value(std::move(result));
  };
  start(store::Reply<T>(std::move(keep), std::move(note)));
  return answer;
}

/// The same, and waits. A store that never answers fails the test rather than hanging it.
template <class T, class Start>
Result<T> wait_for_reply(Start start, store::Note note = nullptr) {
  auto answer = start_call<T>(std::move(start), std::move(note));
  if (answer.wait_for(std::chrono::minutes{2}) != std::future_status::ready)
    throw std::runtime_error("the store does not answer");
  return answer.get();
}

/// A store's functions, each waiting for its answer.
class Calls {
 public:
  explicit Calls(store::JobStore& store) : store_(store) {}

  Result<store::Submitted> submit(store::Submission submission) {
    return wait_for_reply<store::Submitted>(
        [&](auto reply) { store_.submit(std::move(submission), std::move(reply)); });
  }
  Result<void> put_answer(std::string key, store::StoredAnswer answer) {
    return wait_for_reply<void>(
        [&](auto reply) { store_.put_answer({.key = std::move(key)}, std::move(answer), std::move(reply)); });
  }
  Result<job::Decision> change(store::OwnedId id, job::Command command) {
    return wait_for_reply<job::Decision>(
        [&](auto reply) { store_.change(id, std::move(command), std::move(reply)); });
  }
  Result<job::Decision> record_chunk(Ulid id, store::ChunkRecord chunk, std::int64_t fence) {
    return wait_for_reply<job::Decision>(
        [&](auto reply) { store_.record_chunk(id, chunk, fence, std::move(reply)); });
  }
  Result<void> record_rest(Ulid id, std::vector<store::ChunkRecord> chunks) {
    return wait_for_reply<void>(
        [&](auto reply) { store_.record_rest(id, std::move(chunks), std::move(reply)); });
  }
  Result<store::Tick> tick(Time now, std::size_t limit = 1000) {
    return wait_for_reply<store::Tick>([&](auto reply) { store_.tick(now, limit, std::move(reply)); });
  }
  Result<std::optional<store::Delivery>> settle(store::Settlement settlement) {
    return wait_for_reply<std::optional<store::Delivery>>(
        [&](auto reply) { store_.settle(std::move(settlement), std::move(reply)); });
  }
  Result<job::Job> get(store::OwnedId id) {
    return wait_for_reply<job::Job>([&](auto reply) { store_.get(id, std::move(reply)); });
  }
  Result<store::ListPage> list(store::ListQuery query) {
    return wait_for_reply<store::ListPage>(
        [&](auto reply) { store_.list(std::move(query), std::move(reply)); });
  }
  Result<std::vector<job::Attempt>> attempts(Ulid id) {
    return wait_for_reply<std::vector<job::Attempt>>(
        [&](auto reply) { store_.attempts(id, std::move(reply)); });
  }
  Result<std::vector<store::ChunkRecord>> chunks(Ulid id) {
    return wait_for_reply<std::vector<store::ChunkRecord>>(
        [&](auto reply) { store_.chunks(id, std::move(reply)); });
  }
  Result<std::vector<store::ReadyJob>> ready(store::ReadyQuery query) {
    return wait_for_reply<std::vector<store::ReadyJob>>(
        [&](auto reply) { store_.ready(std::move(query), std::move(reply)); });
  }
  Result<store::JobStore::Due> due_deliveries(Time now, std::size_t limit = 1000) {
    return wait_for_reply<store::JobStore::Due>(
        [&](auto reply) { store_.due_deliveries(now, limit, std::move(reply)); });
  }
  Result<store::JobStore::Due> due_deliveries(store::JobStore::DueQuery query) {
    return wait_for_reply<store::JobStore::Due>(
        [&](auto reply) { store_.due_deliveries(std::move(query), std::move(reply)); });
  }
  Result<store::Standing> standing(store::OwnedId id) {
    return wait_for_reply<store::Standing>([&](auto reply) { store_.standing(id, std::move(reply)); });
  }
  Result<store::Backlog> backlog(std::optional<Tenant> tenant = {}) {
    return wait_for_reply<store::Backlog>([&](auto reply) { store_.backlog(tenant, std::move(reply)); });
  }
  Result<store::Census> census() {
    return wait_for_reply<store::Census>([&](auto reply) { store_.census(std::move(reply)); });
  }

 private:
  store::JobStore& store_;
};

/// What a store told its observer, in order.
class Observed {
 public:
  store::JobStore::Observer observer() {
    return [this](std::vector<store::Change>&& changes) {
      const std::scoped_lock lock(mutex_);
      std::ranges::move(changes, std::back_inserter(changes_));
    };
  }
  std::vector<store::Change> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(changes_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<store::Change> changes_;
};

}  // namespace waypost::test
