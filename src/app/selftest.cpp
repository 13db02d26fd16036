#include "app/selftest.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "app/api_client.hpp"
#include "app/failure.hpp"
#include "app/job_view.hpp"
#include "app/selftest_service.hpp"
#include "waypost/base/asio.hpp"
#include "waypost/base/json.hpp"
#include "waypost/net/server.hpp"

namespace waypost::app {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr std::size_t submitters = 4, largest_webhook = 1u << 20;
constexpr std::chrono::seconds patience{120};
constexpr std::chrono::milliseconds pause_between_looks{50};

/// What was promised and what came of it.
struct Ledger {
  std::map<std::string, std::string> accepted;  ///< the job's id to the number that it was sent with
  std::map<std::string, std::size_t> told;      ///< webhooks received, by the job's id
  std::size_t kills = 0, finished = 0, lost = 0, doubled = 0, changed = 0;
  double seconds = 0;

  std::size_t untold() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(accepted, [this](const auto& job) { return !told.contains(job.first); }));
  }
  std::size_t repeated() const {
    std::size_t count = 0;
    for (const auto& [id, times] : told) count += times - 1;
    return count;
  }
  bool fits() const { return lost == 0 && doubled == 0 && changed == 0 && untold() == 0; }
};

/// Takes webhooks on a thread of its own.
class Receiver final : public net::Service {
 public:
  explicit Receiver(Ledger& ledger, std::mutex& mutex) : ledger_(ledger), mutex_(mutex) {}
  ~Receiver() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    background_.join();
  }

  /// Where it listens.
  Result<std::string> start() {
    auto server = net::Server::listen(context_, background_, "127.0.0.1", 0, net::ServerSettings{}, *this,
                                      std::make_shared<net::ConnectionCount>());
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    server_->start();
    thread_ = std::thread([this] { context_.run(); });
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/";
  }

  net::BodyPlan plan(const net::RequestHead&) override { return {.max_bytes = largest_webhook}; }
  asio::awaitable<net::Response> handle(const net::Request& request) override {
    const auto document = json::Document::parse(request.body);
    const auto data = document ? document->root().find("data") : std::nullopt;
    const auto job = data ? data->find("job") : std::nullopt;
    const std::scoped_lock lock(mutex_);
    if (job) ++ledger_.told[std::string(string_at(*job, "id"))];
    co_return net::Response{.status = job ? 204 : 400, .content_type = ""};
  }
  net::Response refuse(const net::RequestHead&, const Error& error) override {
    return {.status = describe(error.code).status, .content_type = ""};
  }

 private:
  Ledger& ledger_;
  std::mutex& mutex_;
  asio::io_context context_{1};
  asio::thread_pool background_{1};
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
};

class Selftest {
 public:
  Selftest(const SelftestArguments& arguments, fs::path folder)
      : arguments_(arguments), folder_(std::move(folder)), service_(folder_), receiver_(ledger_, mutex_) {}

  Result<Ledger> run() {
    const auto begin = Steady::now();
    auto hook = receiver_.start();
    if (!hook) return std::unexpected(hook.error());
    hook_ = std::move(*hook);
    if (auto started = restart(); !started) return std::unexpected(started.error());
    auto submitted = submit_and_kill();
    if (!submitted) return std::unexpected(submitted.error());
    if (auto ended = await_end(); !ended) return std::unexpected(ended.error());
    if (auto read = read_jobs(); !read) return std::unexpected(read.error());
    const std::scoped_lock lock(mutex_);
    ledger_.seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    return ledger_;
  }

 private:
  Result<void> restart() {
    const auto address = service_.start();
    if (!address) return std::unexpected(address.error());
    const std::scoped_lock lock(mutex_);
    address_ = *address;
    return {};
  }

  ApiClient client() {
    const std::scoped_lock lock(mutex_);
    return *ApiClient::make(address_, "");
  }

  /// Kills the service at a moment of chance in each part of the submissions.
  Result<void> submit_and_kill() {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < submitters; ++i)
      threads.emplace_back([this](std::stop_token stop) { submit(stop); });
    std::mt19937 chance(std::random_device{}());
    const std::size_t part = arguments_.jobs / (arguments_.kills + 1);
    for (std::uint32_t kill = 1; kill <= arguments_.kills; ++kill) {
      const std::size_t at = part * kill + chance() % std::max<std::size_t>(1, part / 2);
      if (!wait_until([&] { return accepted() >= std::min<std::size_t>(at, arguments_.jobs); }))
        return stuck();
      service_.kill();
      ++ledger_.kills;
      if (auto started = restart(); !started) return started;
    }
    if (!wait_until([this] { return accepted() == arguments_.jobs; })) return stuck();
    return {};
  }

  static std::unexpected<Error> stuck() {
    return fail(Code::internal, "nothing went on for " + std::to_string(patience.count()) + " s");
  }

  std::size_t accepted() {
    const std::scoped_lock lock(mutex_);
    return ledger_.accepted.size();
  }

  /// Sends one job after the other, each until it is accepted; again under the same key, as a client that saw
  /// no answer has to.
  void submit(const std::stop_token& stop) {
    for (;;) {
      const std::uint32_t number = next_++;
      if (number >= arguments_.jobs) return;
      ApiRequest request{
          .method = "POST",
          .target = "/v1/jobs",
          .fields = {{"Content-Type", "application/json"},
                     {"Idempotency-Key", "selftest-" + std::to_string(number)}},
          .body = fmt::format(R"({{"type":"echo","payload":{{"number":{}}},"webhook":{{"url":"{}"}}}})",
                              number, hook_)};
      while (!stop.stop_requested() && !accepts(request, number))
        std::this_thread::sleep_for(pause_between_looks);
    }
  }

  bool accepts(const ApiRequest& request, std::uint32_t number) {
    const auto response = client().send(request);
    if (!response || response->status != 202) return false;
    const auto document = json::Document::parse(response->body);
    if (!document) return false;
    const std::scoped_lock lock(mutex_);
    ledger_.accepted.emplace(string_at(document->root(), "id"), std::to_string(number));
    return true;
  }

  template <class Predicate>
  bool wait_until(Predicate holds) {
    const auto until = Steady::now() + patience;
    while (!holds()) {
      if (Steady::now() > until) return false;
      std::this_thread::sleep_for(pause_between_looks);
    }
    return true;
  }

  /// Until no job waits or runs and every webhook has come.
  Result<void> await_end() {
    const auto at_rest = [this] {
      const auto response = client().send({.target = "/v1/jobs?limit=1&state=queued,running,scheduled"});
      const auto document = response ? json::Document::parse(response->body) : fail(Code::internal, "");
      const auto data = document ? document->root().find("data") : std::nullopt;
      if (!data || data->size() > 0) return false;
      const std::scoped_lock lock(mutex_);
      return ledger_.untold() == 0;
    };
    wait_until(at_rest);  // what has not come by then stands in the ledger
    return {};
  }

  /// Holds every job that there is against the ledger.
  Result<void> read_jobs() {
    std::map<std::string, std::size_t> numbers;
    std::string cursor;
    do {
      const auto response = client().send({.target = "/v1/jobs?limit=1000" + cursor});
      if (!response || response->status != 200)
        return fail(Code::internal, "the list of jobs cannot be read");
      const auto page = json::Document::parse(response->body);
      if (!page) return std::unexpected(page.error());
      for (const auto job : page->root().find("data")->children()) enter(job, numbers);
      const auto next = string_at(page->root(), "next_cursor");
      cursor = next.empty() ? "" : "&cursor=" + std::string(next);
    } while (!cursor.empty());
    for (const auto& [id, number] : ledger_.accepted) ledger_.lost += numbers.contains(number) ? 0 : 1;
    for (const auto& [number, times] : numbers) ledger_.doubled += times - 1;
    return {};
  }

  void enter(json::Value job, std::map<std::string, std::size_t>& numbers) {
    const auto number = job.find("payload")->find("number");
    const std::string sent = number ? std::string(number->raw()) : "";
    ++numbers[sent];
    if (string_at(job, "state") == "succeeded") ++ledger_.finished;
    const auto known = ledger_.accepted.find(std::string(string_at(job, "id")));
    if (known == ledger_.accepted.end() || known->second != sent) ++ledger_.changed;
  }

  const SelftestArguments arguments_;
  const fs::path folder_;
  std::mutex mutex_;  // of the ledger and the address
  Ledger ledger_;
  std::string address_, hook_;
  std::atomic<std::uint32_t> next_ = 0;
  ServiceProcess service_;
  Receiver receiver_;
};

std::string describe(const Ledger& ledger) {
  return fmt::format(
      "accepted   {:>8}\n"
      "finished   {:>8}\n"
      "lost       {:>8}\n"
      "doubled    {:>8}\n"
      "kill -9    {:>8}\n"
      "webhooks   {:>8} jobs told of, {} missing, {} told again\n"
      "{} in {:.1f} s\n",
      ledger.accepted.size(), ledger.finished, ledger.lost, ledger.doubled + ledger.changed, ledger.kills,
      ledger.told.size(), ledger.untold(), ledger.repeated(), ledger.fits() ? "passed" : "FAILED",
      ledger.seconds);
}

std::string as_json(const Ledger& ledger) {
  std::string text;
  const auto count = [](std::size_t number) { return static_cast<std::int64_t>(number); };
  json::Writer(text)
      .begin_object()
      .field("passed", ledger.fits())
      .field("accepted", count(ledger.accepted.size()))
      .field("finished", count(ledger.finished))
      .field("lost", count(ledger.lost))
      .field("doubled", count(ledger.doubled + ledger.changed))
      .field("kills", count(ledger.kills))
      .field("webhooks", count(ledger.told.size()))
      .field("webhooks_missing", count(ledger.untold()))
      .field("webhooks_repeated", count(ledger.repeated()))
      .key("seconds")
      .number(ledger.seconds)
      .end_object();
  return text + "\n";
}

}  // namespace

int run_selftest(const SelftestArguments& arguments, const Config& config) {
  const fs::path folder = config.data_dir / ("selftest-" + std::to_string(::getpid()));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail_with("cannot make " + folder.string() + ": " + error.message());
  if (!arguments.json) std::cerr << "selftest in " << folder.string() << std::endl;
  const auto ledger = Selftest(arguments, folder).run();
  if (ledger) std::cout << (arguments.json ? as_json(*ledger) : describe(*ledger));
  if (ledger && ledger->fits()) {
    fs::remove_all(folder, error);
    return 0;
  }
  return fail_with((ledger ? "what was accepted and what was done differ" : ledger.error().message) +
                   "; all of it is left in " + folder.string());
}

}  // namespace waypost::app
