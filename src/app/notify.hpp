#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace waypost::app {

/// Tells the service manager how the service is (sd_notify(3)): a datagram to the socket that it names in the
/// environment. Says nothing where there is none. Any thread.
class Notifier {
 public:
  /// The socket of NOTIFY_SOCKET: a path, or "@" and a name in the abstract namespace; "" for none.
  explicit Notifier(std::string socket) : socket_(std::move(socket)) {}
  static Notifier from_environment();

  void ready(std::string_view status) const;
  /// Before a reload; `ready` ends it. Carries the time that Type=notify-reload asks for.
  void reloading() const;
  void stopping() const;
  void alive() const;

  /// How often `alive` is to be said so that the manager does not take the service for hung: half of
  /// WATCHDOG_USEC, when that is meant for this process.
  static std::optional<std::chrono::milliseconds> watchdog();

 private:
  void send(std::string_view message) const;
  std::string socket_;
};

}  // namespace waypost::app
