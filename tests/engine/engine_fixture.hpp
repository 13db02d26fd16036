#pragma once

#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <thread>

#include "engine/operations.hpp"
#include "engine/refusing_store.hpp"
#include "support/store_fixture.hpp"
#include "waypost/engine/engine.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::test {

using job::State;

/// An io thread with a client, for operations that wait.
class Io {
 public:
  Io() : policy_(*net::EgressPolicy::make({}, {}, false)), client_(context_, policy_, {}) {
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Io() { stop(); }
  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }
  operation::IoContext use() { return {context_, client_}; }
  boost::asio::io_context& context() { return context_; }

 private:
  net::EgressPolicy policy_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  net::Client client_;
  std::thread thread_;
};

/// A real store in a directory of its own and an engine over it, which can be ended and started again.
/// Nothing sleeps: the clock is moved by hand, and waits are for what the engine tells its listeners.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    for (const char* type : {"note", "block", "listen", "fail", "throw"})
      operations.add(std::make_unique<Computes>(type, script));
    auto waiting = std::make_unique<Waits>("wait", script);
    waits = waiting.get();
    operations.add(std::move(waiting));
    operations.add(std::make_unique<OverRows>("rows", script));
    std::filesystem::create_directory(options.manifests);
    std::filesystem::create_directory(options.reports);
    open_store();
  }
  ~EngineTest() override { end(); }

  void open_store() {
    store = std::move(*store::open_sqlite({.file = directory / "waypost.db", .full_sync = false}, clock));
    refusing.emplace(*store);
  }
  void start() {
    io.emplace();
    engine.emplace(*refusing, store->queues(), operations, clock, std::vector{io->use()}, options);
    engine->add_listener([this](store::Change& change) { note(change); });
    const auto started = engine->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  /// Ends everything as the application does, whatever runs.
  void end() {
    script.let_all_go();
    if (io) io->stop();
    engine.reset();
    io.reset();
    refusing.reset();
    store.reset();
  }
  /// The same by the book: false when the engine did not say that it is drained.
  bool drain_and_end(Milliseconds limit = Milliseconds{0}) {
    const bool drained = drain(limit).wait_for(Script::limit) == std::future_status::ready;
    end();
    return drained;
  }
  std::future<void> drain(Milliseconds limit) {
    auto done = std::make_shared<std::promise<void>>();
    engine->drain(limit, [done] { done->set_value(); });
    return done->get_future();
  }

  static job::Spec spec(std::string type) { return {.type = std::move(type), .backoff = {.jitter = false}}; }
  job::Job make(job::Spec spec, std::string name = "\"x\"") {
    return job::create(make_ulid(clock.now()), std::move(spec), std::move(name), clock.now());
  }
  Ulid submit(job::Job job) {
    const Ulid id = job.ulid;
    const auto answer = wait_for_reply<store::Submitted>(
        [&](auto reply) { engine->submit({.job = std::move(job)}, std::move(reply)); });
    EXPECT_TRUE(answer) << answer.error().message;
    return id;
  }
  Ulid submit(job::Spec spec, std::string name = "\"x\"") {
    return submit(make(std::move(spec), std::move(name)));
  }
  Result<job::Job> steer(Ulid id, job::Command command) {
    return wait_for_reply<job::Job>(
        [&](auto reply) { engine->steer(id, std::move(command), std::move(reply)); });
  }
  Result<job::Job> cancel(Ulid id) { return steer(id, job::Cancel{}); }
  Result<job::Job> retry(Ulid id) { return steer(id, job::RunAgain{}); }
  Result<engine::QueueFigures> set_queue(std::string name, engine::QueueChange change) {
    return wait_for_reply<engine::QueueFigures>(
        [&](auto reply) { engine->set_queue(std::move(name), change, std::move(reply)); });
  }
  engine::Explanation explain(Ulid id) {
    return *wait_for_reply<engine::Explanation>([&](auto reply) { engine->explain(id, std::move(reply)); });
  }
  /// Everything that was told to the engine before is done when this returns.
  engine::Stats stats() {
    return *wait_for_reply<engine::Stats>([&](auto reply) { engine->stats({}, std::move(reply)); });
  }
  job::Job get(Ulid id) { return *Calls(*store).get(id); }
  std::vector<job::Outcome> outcomes(Ulid id) {
    std::vector<job::Outcome> out;
    const auto attempts = Calls(*store).attempts(id);
    for (const auto& attempt : *attempts) out.push_back(attempt.outcome);
    return out;
  }

  /// Waits until the engine has told that the job is in this state, and returns it.
  job::Job wait_for(Ulid id, State state) {
    wait_until([&] { return states_.contains(id) && states_[id] == state; },
               format_id("job_", id) + " is not " + std::string(to_string(state)));
    return get(id);
  }
  /// Waits until so many changes led to the state.
  void wait_for_count(State state, std::size_t count) {
    wait_until([&] { return entered_[state] >= count; }, "too few became " + std::string(to_string(state)));
  }
  std::size_t count_of(State state) {
    const std::scoped_lock lock(mutex_);
    return entered_[state];
  }
  void wait_until_forgotten(Ulid id) {
    wait_until([&] { return forgotten_.contains(id); }, format_id("job_", id) + " is not forgotten");
  }
  void advance(Milliseconds by) {
    stats();  // what was asked for by now is armed
    clock.advance(by);
  }

  TempDirectory directory;
  ManualClock clock;
  Script script;
  operation::Registry operations;
  const Waits* waits = nullptr;
  engine::Options options{
      .worker_threads = 2, .manifests = directory / "manifests", .reports = directory / "reports"};
  std::unique_ptr<store::Store> store;
  std::optional<RefusingStore> refusing;
  std::optional<Io> io;
  std::optional<engine::Engine> engine;

 private:
  void note(const store::Change& change) {
    const std::scoped_lock lock(mutex_);
    states_[change.ulid] = change.after;
    if (change.before != change.after) ++entered_[change.after];
    if (change.forgotten) forgotten_.insert(change.ulid);
    changed_.notify_all();
  }
  template <class Condition>
  void wait_until(Condition condition, const std::string& otherwise) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, Script::limit, condition)) throw std::runtime_error(otherwise);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Ulid, State> states_;
  std::map<State, std::size_t> entered_;
  std::set<Ulid> forgotten_;
};

}  // namespace waypost::test
