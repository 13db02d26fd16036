#include "app/selftest_service.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace waypost::app {
namespace {

/// What comes on `descriptor` up to the end of its first line.
std::string first_line(int descriptor) {
  std::string text;
  char byte = 0;
  for (;;) {
    const auto got = ::read(descriptor, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || byte == '\n') return text;
    text += byte;
  }
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// The environment without what would configure the service.
std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("WAYPOST_")) out.emplace_back(*entry);
  return out;
}

}  // namespace

std::vector<std::string> ServiceProcess::arguments() const {
  // Whatever is answered must be on disk; webhooks may come back to this machine, and at once.
  return {"waypost",    "serve",
          "--listen",   "127.0.0.1:0",
          "--data-dir", (folder_ / "data").string(),
          "--set",      "egress.allow=[\"127.0.0.1/32\"]",
          "--set",      "webhooks.retry_seconds=[0, 0.1, 0.2, 0.5, 1, 1, 2, 2, 5, 5]",
          "--set",      "log.level=warn"};
}

Result<std::string> ServiceProcess::start() {
  int out[2];
  if (::pipe2(out, O_CLOEXEC) != 0)
    return fail(Code::internal, std::string("no pipe: ") + std::strerror(errno));
  auto words = arguments();
  auto settings = environment();
  const auto argv = pointers(words), envp = pointers(settings);
  const std::string log_name = (folder_ / "log").string();
  const int log = ::open(log_name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {  // only async-signal-safe calls: there are threads
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::execve("/proc/self/exe", argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(log);
  const std::string line = pid_ < 0 ? "" : first_line(out[0]);
  ::close(out[0]);
  constexpr std::string_view promise = "listening on ";
  if (line.starts_with(promise)) return line.substr(promise.size());
  return fail(Code::internal, "the service did not start; its log is " + log_name);
}

void ServiceProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace waypost::app
