#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/gazetteer.hpp"
#include "support/manual_clock.hpp"
#include "support/net_raw_client.hpp"
#include "waypost/app/config.hpp"

namespace waypost::app {
class Application;
}

/// The whole service as `waypost serve` wires it, in this process, and a client that speaks to it over
/// loopback.
namespace waypost::test {

using Json = nlohmann::json;
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The bytes of a request; Host and, for a body, Content-Length are added.
std::string request_text(std::string_view method, std::string_view target, const Headers& headers = {},
                         std::string_view body = {});

/// The body as JSON, read by another parser than the service's own. Throws when it is none.
Json json_of(const RawResponse& response);

class RunningApp {
 public:
  using Adjust = std::function<void(app::Config&)>;
  /// Serves on a free port with an empty data directory, the built-in gazetteer and 127.0.0.1 as the one
  /// address that it may call. `adjust` may change all of that.
  explicit RunningApp(const Adjust& adjust = {});
  /// The same, at the time of `clock`.
  RunningApp(ManualClock& clock, const Adjust& adjust);
  ~RunningApp();
  RunningApp(const RunningApp&) = delete;
  RunningApp& operator=(const RunningApp&) = delete;

  std::uint16_t port() const { return port_; }
  const std::filesystem::path& data_dir() const { return folder_.path(); }

  /// One request on a connection of its own. An answer that is other than the API's description says is a
  /// failure of the test.
  RawResponse call(std::string_view method, std::string_view target, const Headers& headers = {},
                   std::string_view body = {}) const;
  RawResponse get(std::string_view target, const Headers& headers = {}) const {
    return call("GET", target, headers);
  }
  /// With `Content-Type: application/json`.
  RawResponse post(std::string_view target, std::string_view body = {}, Headers headers = {}) const;
  RawResponse post_csv(std::string_view target, std::string_view body, Headers headers = {}) const;

  /// The id of a new job. Throws, with the answer, when it is not accepted.
  std::string submit(const Json& job) const;
  Json job(const std::string& id) const;
  /// The job once `holds` of it, by long polls. Throws, with the job, when nothing happens for 20 s.
  Json until(const std::string& id, const std::function<bool(const Json&)>& holds) const;
  Json until_state(const std::string& id, std::string_view state) const;
  /// The job once it has ended.
  Json ended(const std::string& id) const;

  /// Begins to drain, as on SIGTERM.
  void stop();
  /// Waits until the service has ended and has let go of its data directory; its exit status. Moves a manual
  /// clock on until then.
  int join();
  /// Serves again with the same data, once it has ended. Not with a manual clock.
  void start_again();

 private:
  app::Config make_config() const;
  void start();

  const Adjust adjust_;
  TemporaryFolder folder_;
  SystemClock system_clock_;
  ManualClock* manual_clock_ = nullptr;
  std::unique_ptr<app::Application> app_;
  std::uint16_t port_ = 0;
  std::future<int> status_;
};

/// A suite that shares one service: `class Jobs : public SharedApp<Jobs> {};`. It may hide `configure`.
template <class Suite>
class SharedApp : public testing::Test {
 public:
  static void SetUpTestSuite() { app_ = std::make_unique<RunningApp>(Suite::configure); }
  static void TearDownTestSuite() { app_.reset(); }
  static void configure(app::Config&) {}
  static RunningApp& app() { return *app_; }

 private:
  static inline std::unique_ptr<RunningApp> app_;
};

/// Asserts that a response is an RFC 9457 problem of this status and code, in full, and returns it.
Json expect_problem(const RawResponse& response, int status, std::string_view code);

/// The faults of a problem as `code @ pointer-or-parameter`, sorted.
std::vector<std::string> faults_of(const Json& problem);

}  // namespace waypost::test
