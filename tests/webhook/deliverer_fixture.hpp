#pragma once

#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>

#include "support/sink.hpp"
#include "support/store_fixture.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/store/sqlite_store.hpp"
#include "waypost/webhook/deliverer.hpp"
#include "waypost/webhook/signature.hpp"
#include "webhook/watched_store.hpp"

namespace waypost::webhook::test {

using namespace std::chrono_literals;
using waypost::test::Calls;
using waypost::test::ManualClock;
using waypost::test::Sink;
using waypost::test::TempDirectory;
using waypost::test::WatchedStore;
using Kind = store::Settlement::Kind;

/// A deliverer on a thread of its own, between a real store and real sockets.
class Delivering {
 public:
  Delivering(store::JobStore& store, store::WebhookStore& endpoints, Clock& clock,
             const net::EgressPolicy& policy, DelivererOptions options)
      : client_(context_, policy, {}),
        deliverer_(std::in_place, context_, client_, store, endpoints, clock, std::move(options)),
        thread_([this] { context_.run(); }) {}
  ~Delivering() {
    if (deliverer_) stop(0ms);
    on_thread([this] { client_.close_idle(); });
    alive_.reset();
    thread_.join();
  }
  Deliverer& operator*() { return *deliverer_; }
  Deliverer* operator->() { return &*deliverer_; }

  template <class Action>
  void on_thread(Action action) {
    std::promise<void> done;
    asio::post(context_, [&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Waits until the deliverer's thread has done all that it has to do now. What a handler posts to its own
  /// context can come after what another thread posts meanwhile: so it takes two rounds.
  void settle_down() {
    on_thread([] {});
    on_thread([] {});
  }
  /// Stops the deliverer and waits for its end.
  void stop(Milliseconds limit) {
    begin_stop(limit).wait();
    on_thread([this] { deliverer_.reset(); });
  }
  std::future<void> begin_stop(Milliseconds limit) {
    stopped_ = std::promise<void>();
    deliverer_->stop(limit, [this] { stopped_.set_value(); });
    return stopped_.get_future();
  }
  void drop() {
    on_thread([this] { deliverer_.reset(); });
  }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> alive_{context_.get_executor()};
  net::Client client_;
  std::optional<Deliverer> deliverer_;
  std::promise<void> stopped_;
  std::thread thread_;
};

class DelivererTest : public testing::Test {
 protected:
  DelivererTest() { open(); }

  void open() {
    auto opened = store::open_sqlite({.file = directory / "waypost.db", .full_sync = false}, clock);
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
    watched.emplace(*store_);
    store_->webhooks().observe([this](store::WebhookNews&& news) {
      const std::scoped_lock lock(mutex_);
      if (heed_)
        heed_(std::move(news));
      else
        unheard_.push_back(std::move(news));
    });
    watched->observe([this](std::vector<store::Change>&& changes) {
      const std::scoped_lock lock(mutex_);
      for (auto& change : changes)
        if (offer_ && !change.deliveries.empty()) offer_(std::move(change.deliveries));
    });
    calls_.emplace(*watched);
  }
  /// The process ends and another one finds what it left.
  void restart(DelivererOptions options = plain()) {
    end();
    open();
    start(std::move(options));
  }
  void end() {
    hear_nothing();
    deliverer.reset();
    calls_.reset();
    store_.reset();
    watched.reset();
  }
  ~DelivererTest() override { end(); }

  static DelivererOptions plain() {
    return {.retry_gaps = {0s, 5s, 300s},
            .service_secret = std::string(secret),
            .user_agent = "Waypost/1.2.3",
            .seed = 1};
  }
  static DelivererOptions small_window() {
    auto options = plain();
    options.window = 8;
    return options;
  }
  void start(DelivererOptions options = plain()) {
    deliverer.emplace(*watched, store_->webhooks(), clock, policy, std::move(options));
    const std::scoped_lock lock(mutex_);
    heed_ = [this](store::WebhookNews&& news) { (*deliverer)->heed(std::move(news)); };
    for (auto& news : std::exchange(unheard_, {})) heed_(std::move(news));
    offer_ = [this](std::vector<store::Delivery>&& deliveries) {
      (*deliverer)->offer(std::move(deliveries));
    };
    (*deliverer)->start();
  }
  /// From now on the deliverer is not told of new deliveries.
  void hear_nothing() {
    const std::scoped_lock lock(mutex_);
    offer_ = nullptr;
    heed_ = nullptr;
  }

  struct Hook {
    std::string secret;
    std::vector<job::Notice> events = job::default_notices();
    std::string traceparent;
  };
  /// A job that ends at once and owes its webhook.
  Ulid owe(const std::string& url) { return owe(url, Hook{}); }
  Ulid owe(const std::string& url, Hook hook) {
    job::Spec spec{
        .type = "echo",
        .webhook =
            job::Webhook{.url = url, .events = std::move(hook.events), .secret = std::move(hook.secret)},
        .traceparent = std::move(hook.traceparent)};
    return end(std::move(spec));
  }
  Ulid end(job::Spec spec) {
    auto job = job::create(make_ulid(clock.now()), std::move(spec), "{}", clock.now());
    const Ulid id = job.ulid;
    require(calls_->submit({.job = std::move(job)}));
    const auto leased = require(calls_->change(id, job::Lease{"worker-1"}));
    require(
        calls_->change(id, job::Succeed{.fence = leased.job.fence, .worker = "worker-1", .result = "42"}));
    return id;
  }
  /// An endpoint that is told of the ends of jobs.
  store::Endpoint endpoint(const std::string& url) {
    return {.ulid = make_ulid(clock.now()),
            .url = url,
            .sealed_secret = std::string(secret),
            .created_at = clock.now(),
            .updated_at = clock.now()};
  }
  store::Endpoint put(store::Endpoint endpoint) {
    require(waypost::test::wait_for_reply<store::Submitted>(
        [&](auto reply) { store_->webhooks().put(endpoint, {}, std::move(reply)); }));
    return endpoint;
  }
  store::Endpoint stored(const Ulid& id) {
    return require(waypost::test::wait_for_reply<store::Endpoint>(
        [&](auto reply) { store_->webhooks().get(id, std::move(reply)); }));
  }
  std::vector<store::DeliveryRecord> told(const Ulid& endpoint) {
    return require(waypost::test::wait_for_reply<store::Page<store::DeliveryRecord>>([&](auto reply) {
             store_->webhooks().deliveries({.endpoint = endpoint}, std::move(reply));
           }))
        .rows;
  }
  store::WebhookStore& webhooks() { return store_->webhooks(); }
  /// A job that ends at once, without a webhook of its own.
  Ulid end_a_job() { return end(job::Spec{.type = "echo"}); }

  void owe(const std::string& url, int jobs) {
    for (int i = 0; i < jobs; ++i) owe(url);
  }
  std::vector<store::Delivery> due_in(Milliseconds later) {
    return require(calls_->due_deliveries(clock.now() + later)).deliveries;
  }
  std::int64_t pending() { return require(calls_->backlog()).deliveries; }

  /// Lets time pass, second by second, until `done`.
  template <class Done>
  void advance_until(Done done) {
    const auto patience = std::chrono::steady_clock::now() + 1min;
    while (!done()) {
      if (std::chrono::steady_clock::now() > patience)
        throw std::runtime_error("what was waited for did not come");
      clock.advance(1s);
      deliverer->settle_down();
      pending();
    }
  }

  template <class T>
  static T require(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }

  static constexpr std::string_view secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  ManualClock clock;
  TempDirectory directory;
  net::EgressPolicy policy = require(net::EgressPolicy::make({"127.0.0.1/32"}, {}, false));
  std::optional<WatchedStore> watched;
  std::optional<Delivering> deliverer;

 private:
  std::mutex mutex_;
  std::function<void(std::vector<store::Delivery>&&)> offer_;
  store::WebhookStore::Observer heed_;
  std::vector<store::WebhookNews> unheard_;
  std::unique_ptr<store::Store> store_;
  std::optional<Calls> calls_;
};

/// Whether the receiver's libraries would accept the request.
inline Result<void> verified(const Sink::Request& request, std::string_view with_secret, Time now) {
  return verify(*parse_secret(with_secret),
                {.id = request.field("webhook-id"),
                 .timestamp = request.field("webhook-timestamp"),
                 .signature = request.field("webhook-signature"),
                 .body = request.body},
                now, Seconds{1});
}

}  // namespace waypost::webhook::test
