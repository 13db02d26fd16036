#include "app/notify.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "support/process.hpp"

namespace waypost::app {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

/// What a service manager would hear.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : name_(name), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, name_.size());
    if (name_.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) != 0)
      throw std::runtime_error("cannot bind " + name_);
  }
  ~Manager() { ::close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  std::string next() const {
    char text[512];
    const auto count = ::recv(socket_, text, sizeof text, 0);
    return count < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(count));
  }

 private:
  std::string name_;
  int socket_;
};

/// A variable of the environment for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(Notifier, TellsAManagerAtAPathAndInTheAbstractNamespace) {
  const test::TempDirectory directory;
  for (const std::string& name :
       {(directory / "notify").string(), "@waypost-test-" + std::to_string(::getpid())}) {
    const Manager manager(name);
    const Notifier notifier(name);
    notifier.ready("serving");
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=serving");
    notifier.reloading();
    EXPECT_THAT(manager.next(), ContainsRegex("^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n"));
    notifier.alive();
    EXPECT_EQ(manager.next(), "WATCHDOG=1");
    notifier.stopping();
    EXPECT_THAT(manager.next(), StartsWith("STOPPING=1\n"));
  }
}

TEST(Notifier, SaysNothingWhereNobodyListens) {
  Notifier("").ready("");
  Notifier("/no/such/socket").ready("");
  Notifier(std::string(200, 'x')).ready("");
}

TEST(Notifier, KeepsAWatchdogQuietAtHalfItsTimeWhenItIsMeant) {
  EXPECT_EQ(Notifier::watchdog(), std::nullopt);
  const Variable every("WATCHDOG_USEC", "3000000");
  EXPECT_EQ(Notifier::watchdog(), std::chrono::milliseconds(1500));
  {
    const Variable me("WATCHDOG_PID", std::to_string(::getpid()));
    EXPECT_EQ(Notifier::watchdog(), std::chrono::milliseconds(1500));
  }
  const Variable another("WATCHDOG_PID", "1");
  EXPECT_EQ(Notifier::watchdog(), std::nullopt);
}

TEST(ServiceManager, IsToldOfStartReloadAndEnd) {
  const test::TempDirectory directory;
  const Manager manager((directory / "notify").string());
  const Variable socket("NOTIFY_SOCKET", (directory / "notify").string());
  test::WaypostProcess service;
  service.start();
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=serving " + service.url());
  service.signal(SIGHUP);
  EXPECT_THAT(manager.next(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_THAT(manager.next(), StartsWith("READY=1\n"));
  service.signal(SIGTERM);
  EXPECT_THAT(manager.next(), StartsWith("STOPPING=1\n"));
  EXPECT_EQ(service.wait(), 0);
}

TEST(ServiceManager, HearsThatTheServiceIsAlive) {
  const test::TempDirectory directory;
  const Manager manager((directory / "notify").string());
  const Variable socket("NOTIFY_SOCKET", (directory / "notify").string());
  const Variable watchdog("WATCHDOG_USEC", "20000");
  test::WaypostProcess service;
  service.start();
  EXPECT_THAT(manager.next(), StartsWith("READY=1\n"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(manager.next(), "WATCHDOG=1");
}

}  // namespace
}  // namespace waypost::app
