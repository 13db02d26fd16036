#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "support/gazetteer.hpp"
#include "support/paths.hpp"

namespace waypost::test {
namespace {

bool readable(int descriptor, std::chrono::steady_clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

std::string first_line(int descriptor) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{2};
  std::string text;
  char byte = 0;
  while (readable(descriptor, until) && ::read(descriptor, &byte, 1) == 1 && byte != '\n') text += byte;
  return text;
}

}  // namespace

WaypostProcess::WaypostProcess(std::vector<std::string> settings, std::filesystem::path config)
    : settings_(std::move(settings)), config_(std::move(config)) {}

WaypostProcess::~WaypostProcess() {
  if (running()) kill();
  // A sanitizer that finds something need not end the process, and a kill hides the status that it would
  // end with.
  if (const std::string text = log(); text.contains("Sanitizer")) ADD_FAILURE() << text;
}

void WaypostProcess::start(const std::vector<std::string>& more) {
  give_gazetteer();
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

void WaypostProcess::give_gazetteer() const {
  namespace fs = std::filesystem;
  const auto folder = geo::Catalog::folder(data_), source = geo::Catalog::folder(default_data_directory());
  if (fs::exists(folder)) return;
  fs::create_directories(folder);
  // An index is never written to, only replaced.
  std::error_code error;
  fs::create_hard_link(source / "gazetteer.idx", folder / "gazetteer.idx", error);
  if (error) fs::copy_file(source / "gazetteer.idx", folder / "gazetteer.idx");
}

void WaypostProcess::signal(int number) const {
  ::kill(pid_, number);
}

void WaypostProcess::kill() {
  signal(SIGKILL);
  wait();
}

int WaypostProcess::wait(std::chrono::seconds limit) {
  if (!readable(pidfd_, std::chrono::steady_clock::now() + limit))
    throw std::runtime_error("the service does not end; its log:\n" + log());
  int status = 0;
  ::waitpid(pid_, &status, 0);
  ::close(pidfd_);
  pidfd_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string WaypostProcess::log() const {
  std::ifstream stream(directory_ / "log", std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

pid_t WaypostProcess::spawn(int out, const std::vector<std::string>& more) {
  std::vector<std::string> words = {program_file(),  "serve", "--data-dir",
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
    ::execve(arguments.front(), arguments.data(), environment.data());
    ::_exit(127);
  }
  ::close(log);
  if (child < 0) throw std::runtime_error("cannot run " + program_file());
  return child;
}

}  // namespace waypost::test
