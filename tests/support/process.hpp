#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/store_fixture.hpp"

namespace waypost::test {

/// The service as a process with a data directory of its own: started, killed, and started again on what it
/// left. What all its lives write to stderr is kept in one log. Used by one thread, but for `port`, which any
/// may ask for.
class WaypostProcess {
 public:
  /// `settings` are KEY=VALUE, as `--set` takes them, for every start; `config` is the file to read, if any.
  explicit WaypostProcess(std::vector<std::string> settings = {}, std::filesystem::path config = {});
  ~WaypostProcess();
  WaypostProcess(const WaypostProcess&) = delete;
  WaypostProcess& operator=(const WaypostProcess&) = delete;

  /// Of the life that was started last.
  pid_t pid() const { return pid_; }
  /// Starts it and waits until it says that it listens. `more` are settings of this life only. A data
  /// directory without a gazetteer is given the built-in one: its index takes longer to build than most
  /// tests.
  void start(const std::vector<std::string>& more = {});

  void signal(int number) const;
  /// kill -9, and waits until nothing is left of it.
  void kill();
  /// Waits for its end: the exit status, or 128 and the signal's number.
  int wait(std::chrono::seconds limit = std::chrono::seconds{90});
  bool running() const { return pidfd_ >= 0; }

  std::uint16_t port() const { return port_; }
  /// As it says itself.
  const std::string& url() const { return url_; }
  std::filesystem::path data() const { return data_; }
  /// Where its data lie from the next start on; gone at the end only by default.
  void keep_data_in(std::filesystem::path data) { data_ = std::move(data); }
  /// Variables of its environment, NAME=VALUE, from the next start on.
  void set_environment(std::vector<std::string> variables) { variables_ = std::move(variables); }
  /// All that was written to stderr so far.
  std::string log() const;

 private:
  void give_gazetteer() const;
  pid_t spawn(int out, const std::vector<std::string>& more);

  const std::vector<std::string> settings_;
  const std::filesystem::path config_;
  const TempDirectory directory_;
  std::filesystem::path data_ = directory_ / "data";
  std::vector<std::string> variables_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::atomic<std::uint16_t> port_ = 0;
  std::string url_;
};

/// Asks until `holds` is true; false when it is not after a minute. For what has no end to wait on, as a
/// file's appearing.
template <class Predicate>
bool eventually(Predicate holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (std::chrono::steady_clock::now() < until) {
    if (holds()) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace waypost::test
