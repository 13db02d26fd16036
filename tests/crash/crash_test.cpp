#include <gmock/gmock.h>

#include "crash/ledger.hpp"
#include "crash/seed.hpp"
#include "crash/submitter.hpp"
#include "support/process.hpp"
#include "support/webhook_sink.hpp"
#include "waypost/webhook/signing_key.hpp"

namespace waypost::test {
namespace {

using ::testing::IsEmpty;

constexpr int kills = 24;
constexpr int submissions_per_life = sanitized ? 15 : 200;
constexpr int submitters = 4;
constexpr int poison_limit = 3;

/// A loopback port that refuses connections as long as this lives: bound, and never listened on.
class ClosedPort {
 public:
  ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, plain, length) != 0 || ::getsockname(socket_, plain, &length) != 0)
      throw std::runtime_error("no free port");
    number_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { ::close(socket_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  std::uint16_t number() const { return number_; }

 private:
  int socket_;
  std::uint16_t number_ = 0;
};

/// The outcomes of a job's attempts, checked to be numbered from 1 without a gap.
std::vector<std::string> outcomes_of(std::string_view attempts) {
  const auto document = json::Document::parse(attempts);
  std::vector<std::string> outcomes;
  for (const auto attempt : document->root().find("data")->children()) {
    outcomes.emplace_back(attempt.find("outcome")->string());
    EXPECT_EQ(attempt.find("attempt")->integer(), static_cast<std::int64_t>(outcomes.size())) << attempts;
  }
  return outcomes;
}

/// Whether a job may have come to this end by this history: one outcome that ends it, the last one.
bool is_consistent(const Promise& promise, std::vector<std::string> outcomes) {
  const std::string state = json_at(promise.end, "state");
  const bool lost_it = json_at(promise.end, "error/code") == "worker_lost";
  if (json_at(promise.end, "attempt") != std::to_string(outcomes.size())) return false;
  if (state == "cancelled") {
    if (!outcomes.empty() && outcomes.back() == "cancelled") outcomes.pop_back();
    return promise.kind == Kind::nap && std::ranges::count(outcomes, "worker_lost") == std::ssize(outcomes);
  }
  if (promise.cancelled || outcomes.empty()) return false;
  const std::string last = outcomes.back();
  const auto lost = std::ranges::count(outcomes, "worker_lost"),
             failed = std::ranges::count(outcomes, "failed");
  if (state == "succeeded")
    return promise.kind != Kind::doomed && promise.kind != Kind::nap && last == "succeeded" &&
           lost == std::ssize(outcomes) - 1;
  if (state != "failed" || lost + failed != std::ssize(outcomes)) return false;
  if (!lost_it) return promise.kind == Kind::doomed && last == "failed" && outcomes.size() == 2;
  const bool all_used = promise.kind == Kind::doomed && outcomes.size() == 2;
  return last == "worker_lost" && (all_used || (failed == 0 && lost == poison_limit));
}

class Crash : public ::testing::Test {
 protected:
  Crash()
      : service_(
            {"egress.allow=[\"127.0.0.1/32\"]", "webhooks.retry_seconds=[0,0.2,0.2,0.2,0.2,0.2,0.5,1,1,1]"}),
        sink_(webhook::service_secret(open_key_file(make_data() / "secret.key").value())),
        random_(test_seed()) {}

  void TearDown() override {
    const std::string log = service_.log();
    if (HasFailure())
      std::printf("its log ends:\n%s\n",
                  log.substr(log.size() - std::min<std::size_t>(log.size(), 4000)).c_str());
  }

  std::filesystem::path make_data() const {
    std::filesystem::create_directories(service_.data());
    return service_.data();
  }

  void submit_and_kill() {
    Lives lives;
    std::vector<Submitter> clients;
    for (int i = 0; i < submitters; ++i)
      clients.emplace_back(Submitter::Plan{.name = "client" + std::to_string(i),
                                           .seed = random_(),
                                           .submissions_per_life = submissions_per_life,
                                           .webhook = sink_.url(),
                                           .closed = closed_.number()},
                           ledger_);
    {
      std::vector<std::jthread> threads;
      const Lives::Closing closing(lives);
      for (Submitter& client : clients) threads.emplace_back([&] { client.run(lives); });
      for (int i = 0; i < kills; ++i) {
        service_.start();
        lives.begin(service_.port());
        let_time_pass(random_, std::chrono::milliseconds{sanitized ? 600 : 250});
        service_.kill();
      }
      // The last life: what was sent with a key is repeated, and nothing is killed any more.
      service_.start();
      lives.begin(service_.port());
    }
  }

  /// Cancels what would sleep on, and waits until every job has ended.
  void see_all_ends(HttpClient& client) {
    const std::string sleeping = client.get("/v1/jobs?state=queued,running&type=sleep&limit=1000").body;
    const auto document = json::Document::parse(sleeping);
    for (const auto job : document->root().find("data")->children()) {
      if (json_at(job.raw(), "payload/seconds") != "3600") continue;
      const std::string id = json_at(job.raw(), "id");
      EXPECT_EQ(client.post("/v1/jobs/" + id + "/cancel", "").status, 200) << id;
      client.get("/v1/jobs/" + id + "?wait=15");
    }
    for (const auto& [id, promise] : ledger_.promises())
      ledger_.seen(id, client.get("/v1/jobs/" + id + "?wait=15"));
  }

  WaypostProcess service_;
  WebhookSink sink_;
  const ClosedPort closed_;
  Ledger ledger_;
  std::mt19937_64 random_;
};

TEST_F(Crash, KillsLoseNothingEndNothingTwiceAndTellEachEndUnderOneId) {
  submit_and_kill();
  HttpClient client(service_.port());
  see_all_ends(client);

  const auto promises = ledger_.promises();
  std::set<std::string> owed;
  std::int64_t lost = 0, poisoned = 0;
  for (const auto& [id, promise] : promises) {
    EXPECT_FALSE(promise.end.empty()) << id << " has not ended";
    if (promise.end.empty()) continue;
    const std::string attempts = client.get("/v1/jobs/" + id + "/attempts").body;
    const auto outcomes = outcomes_of(attempts);
    EXPECT_TRUE(is_consistent(promise, outcomes)) << promise.end << "\n" << attempts;
    lost += std::ranges::count(outcomes, "worker_lost");
    poisoned += json_at(promise.end, "error/code") == "worker_lost";
    if (promise.has_webhook) owed.insert(id);
  }
  const std::string left = client.get("/v1/jobs?state=scheduled,queued,running,cancelling").body;
  EXPECT_EQ(json_at(left, "data"), "[]") << "not even of requests whose answer was lost may one hang";

  EXPECT_THAT(sink_.wait_for_ends(owed), IsEmpty()) << "ended without a webhook";
  service_.signal(SIGTERM);
  EXPECT_EQ(service_.wait(), 0);
  for (const std::string& id : owed) EXPECT_EQ(sink_.job(id).end, promises.at(id).end);
  EXPECT_THAT(sink_.faults(), IsEmpty());
  EXPECT_THAT(ledger_.faults(), IsEmpty());

  const auto [events, repeated] = sink_.figures();
  std::printf(
      "%d kills: %zu jobs accepted, %lld attempts lost, %lld jobs failed of it, %zu events told, %zu "
      "deliveries repeated\n",
      kills, promises.size(), static_cast<long long>(lost), static_cast<long long>(poisoned), events,
      repeated);
  EXPECT_GT(lost, 0) << "no kill met a running job: this run showed nothing";
}

}  // namespace
}  // namespace waypost::test
