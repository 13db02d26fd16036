#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "waypost/base/log.hpp"

namespace waypost::log {

/// Where lines go on their way to stderr: at once, or by a thread of its own. Any thread.
class Sink {
 public:
  static constexpr std::size_t most_waiting_bytes = 4 << 20;
  static constexpr std::chrono::seconds repetition{1};  ///< lines are compared for so long

  /// There is one, and it is never destroyed: threads log to the last.
  static Sink& instance();

  void set_format(Format format);
  /// Begins to write by a thread; false when it does already.
  bool start();
  /// Writes what waits and ends the thread.
  void stop();
  void flush();
  /// `line` as append_line makes it. What is `whole` is never taken together with others.
  void put(Level level, std::string_view line, bool whole);
  Figures figures();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  /// A line that was written lately.
  struct Recent {
    std::size_t hash = 0;
    Moment until{};
    std::uint64_t repeats = 0;
    std::string line;  ///< once it was repeated
  };

  bool is_repetition(std::string_view line);
  void append(std::string_view line);
  void tell_repeats(Recent& recent);
  void tell_repeats_until(Moment now);
  void tell_drops();
  std::optional<Moment> next_repeats() const;
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_, written_;
  Format format_ = Format::text;
  std::string waiting_;  ///< lines that are to be written
  std::vector<Recent> recent_;
  Figures figures_;
  std::uint64_t untold_drops_ = 0;
  bool running_ = false;
  bool stopping_ = false;
  bool writing_ = false;
  bool sleeping_ = false;
  std::thread thread_;
};

}  // namespace waypost::log
