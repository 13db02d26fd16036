#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/store_fixture.hpp"

namespace waypost::test {

/// The service as a process with a data directory of its own: started, killed, and started again on what it
/// left. What all its lives write to stderr is kept in one log. Used by one thread, but for `port`, which any
/// may ask for.
class WaypostProcess {
 public:
  /// `settings` are KEY=VALUE, as `--set` takes them, for every start; `config` is the file to read, if any.
  explicit WaypostProcess(std::vector<std::string> settings = {}, std::filesystem::path config = {})
      : settings_(std::move(settings)), config_(std::move(config)) {}
  ~WaypostProcess() {
    if (running()) kill();
    // A sanitizer that finds something need not end the process, and a kill hides the status that it would
    // end with.
    if (const std::string text = log(); text.contains("Sanitizer")) ADD_FAILURE() << text;
  }
  WaypostProcess(const WaypostProcess&) = delete;
  WaypostProcess& operator=(const WaypostProcess&) = delete;

  /// Of the life that was started last.
  pid_t pid() const { return pid_; }
  /// Starts it and waits until it says that it listens. `more` are settings of this life only.
  void start(const std::vector<std::string>& more = {}) {
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = spawn(out[1], more);
    ::close(out[1]);
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    const std::string line = first_line(out[0]);
    ::close(out[0]);
    const auto colon = line.rfind(':');
    if (!line.starts_with("listening on http")) {
      signal(SIGTERM);  // unless it has ended already
      throw std::runtime_error("the service did not start but said \"" + line + "\" and ended with status " +
                               std::to_string(wait()) + "; its log:\n" + log());
    }
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
    url_ = line.substr(std::string_view("listening on ").size());
  }

  void signal(int number) const { ::kill(pid_, number); }
  /// kill -9, and waits until nothing is left of it.
  void kill() {
    signal(SIGKILL);
    wait();
  }
  /// Waits for its end: the exit status, or 128 and the signal's number.
  int wait(std::chrono::seconds limit = std::chrono::seconds{90}) {
    if (!readable(pidfd_, std::chrono::steady_clock::now() + limit))
      throw std::runtime_error("the service does not end; its log:\n" + log());
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ::close(pidfd_);
    pidfd_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
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
  std::string log() const {
    std::ifstream stream(directory_ / "log", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }

 private:
  static bool readable(int descriptor, std::chrono::steady_clock::time_point until) {
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, static_cast<int>(left.count())) > 0) return true;
    }
  }

  pid_t spawn(int out, const std::vector<std::string>& more) {
    std::vector<std::string> words = {WAYPOST_BINARY,  "serve", "--data-dir",
                                      data().string(), "--set", "server.listen=127.0.0.1:0"};
    if (!config_.empty()) words.insert(words.end(), {"--config", config_.string()});
    for (const auto* list : {&settings_, &more})
      for (const std::string& setting : *list) words.insert(words.end(), {"--set", setting});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::vector<char*> environment;  // all but what would configure the service
    for (char** entry = environ; *entry != nullptr; ++entry)
      if (!std::string_view(*entry).starts_with("WAYPOST_")) environment.push_back(*entry);
    for (std::string& variable : variables_) environment.push_back(variable.data());
    environment.push_back(nullptr);
    const int log = ::open((directory_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const pid_t child = ::fork();
    if (child == 0) {  // only async-signal-safe calls: the test has threads
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(out, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::close_range(STDERR_FILENO + 1, ~0U, 0);
      ::execve(WAYPOST_BINARY, arguments.data(), environment.data());
      ::_exit(127);
    }
    ::close(log);
    if (child < 0) throw std::runtime_error("cannot run " WAYPOST_BINARY);
    return child;
  }

  std::string first_line(int descriptor) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{2};
    std::string text;
    char byte = 0;
    while (readable(descriptor, until) && ::read(descriptor, &byte, 1) == 1 && byte != '\n') text += byte;
    return text;
  }

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
