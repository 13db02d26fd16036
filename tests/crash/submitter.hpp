#pragma once

#include <condition_variable>
#include <deque>

#include "crash/ledger.hpp"

namespace waypost::test {

/// The lives of a service that is killed and started again: submitters wait here for the next one.
class Lives {
 public:
  struct Life {
    int number = 0;
    std::uint16_t port = 0;
  };
  void begin(std::uint16_t port) {
    const std::scoped_lock lock(mutex_);
    life_ = {life_.number + 1, port};
    changed_.notify_all();
  }
  /// While one is there, there may be a next life.
  class Closing {
   public:
    explicit Closing(Lives& lives) : lives_(lives) {}
    ~Closing() {
      const std::scoped_lock lock(lives_.mutex_);
      lives_.over_ = true;
      lives_.changed_.notify_all();
    }
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;

   private:
    Lives& lives_;
  };
  /// The life after `last`, once it has begun; nothing when there will be none.
  std::optional<Life> after(int last) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_ || life_.number > last; });
    if (life_.number > last) return life_;
    return {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Life life_;
  bool over_ = false;
};

/// A client that submits, looks and cancels as long as the service lives, and after each crash repeats what
/// it sent with an Idempotency-Key. Runs on a thread of its own.
class Submitter {
 public:
  struct Plan {
    std::string name;
    std::uint64_t seed = 0;
    int submissions_per_life = 0;
    std::string webhook;       ///< URL
    std::uint16_t closed = 0;  ///< a port where nobody listens
  };
  Submitter(Plan plan, Ledger& ledger) : plan_(std::move(plan)), ledger_(ledger), random_(plan_.seed) {}

  void run(Lives& lives) try {
    int last = 0;
    while (const auto life = lives.after(last)) {
      last = life->number;
      HttpClient client(life->port);
      if (repeat(client)) work(client);
    }
  } catch (const std::exception& error) {
    ledger_.fault(plan_.name + ": " + error.what());
  }

 private:
  /// Sends again what had a key: of the last life, and what got no answer.
  bool repeat(HttpClient& client) {
    while (!keyed_.empty()) {
      if (!submit(client, keyed_.front())) return false;
      keyed_.pop_front();
    }
    return true;
  }

  void work(HttpClient& client) {
    for (int i = 0; i < plan_.submissions_per_life; ++i) {
      const Promise promise = make();
      if (!promise.key.empty()) keyed_.push_back(promise);
      if (!submit(client, promise) || !look(client)) return;
    }
  }

  bool submit(HttpClient& client, const Promise& promise) {
    HttpClient::Request request{.method = "POST", .target = "/v1/jobs", .body = promise.request};
    if (!promise.key.empty()) request.fields.push_back("Idempotency-Key: " + promise.key);
    const auto response = client.try_send(request);
    if (!response) return false;
    if (response->status != 202) {
      ledger_.fault("POST answers " + std::to_string(response->status) + ": " + response->body);
      return true;
    }
    const std::string id = json_at(response->body, "id");
    ledger_.accepted(id, promise);
    return promise.kind != Kind::nap || chance(50) || cancel(client, id);
  }

  bool cancel(HttpClient& client, const std::string& id) {
    const auto response = client.try_send({.method = "POST", .target = "/v1/jobs/" + id + "/cancel"});
    if (response && response->status == 200) ledger_.cancelled(id);
    return response.has_value();
  }

  bool look(HttpClient& client) {
    const auto id = ledger_.any_job(random_);
    if (!id) return true;
    const auto response = client.try_send({.target = "/v1/jobs/" + *id});
    if (response) ledger_.seen(*id, *response);
    return response.has_value();
  }

  Promise make() {
    static constexpr std::array mix{Kind::echo,   Kind::echo,   Kind::geocode, Kind::geocode,
                                    Kind::snooze, Kind::doomed, Kind::nap,     Kind::delayed};
    Promise promise{.kind = mix[random_() % mix.size()], .has_webhook = chance(67)};
    if (chance(25)) promise.key = plan_.name + "-" + std::to_string(++keys_);
    promise.request = "{" + work_of(promise.kind);
    if (promise.has_webhook)
      promise.request +=
          R"(,"webhook":{"url":")" + plan_.webhook +
          R"(","events":["job.started","job.retrying","job.succeeded","job.failed","job.cancelled"]})";
    promise.request += "}";
    return promise;
  }

  std::string work_of(Kind kind) {
    switch (kind) {
      case Kind::echo:
        return R"("type":"echo","payload":{"n":123456789012345678901234567890})";
      case Kind::geocode:
        return R"("type":"geocode","payload":{"address":"Paris, France"})";
      case Kind::snooze:
        return R"("type":"sleep","payload":{"seconds":0.0)" + std::to_string(10 + random_() % 40) + "}";
      case Kind::nap:
        return R"("type":"sleep","payload":{"seconds":3600},"timeout_seconds":4000)";
      case Kind::doomed:
        return R"("type":"http","payload":{"method":"GET","url":"http://127.0.0.1:)" +
               std::to_string(plan_.closed) + R"(/"},"max_attempts":2,"backoff":{"initial_seconds":0})";
      case Kind::delayed:
        return R"("type":"echo","delay_seconds":1)";
    }
    return {};
  }

  bool chance(unsigned percent) { return random_() % 100 < percent; }

  const Plan plan_;
  Ledger& ledger_;
  std::mt19937_64 random_;
  std::deque<Promise> keyed_;
  int keys_ = 0;
};

}  // namespace waypost::test
