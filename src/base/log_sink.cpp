#include "base/log_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log_line.hpp"
#include "waypost/base/thread_name.hpp"

namespace waypost::log {
namespace {

/// After it woke the thread waits for so long before it writes, so that under load one write takes many
/// lines.
constexpr std::chrono::milliseconds gathering{5};
constexpr std::size_t most_recent = 64;

/// Who reads our stderr may be slow, or gone: then there is nowhere to say so.
void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

Sink& Sink::instance() {
  static auto* const sink = new Sink;  // NOLINT: never destroyed
  return *sink;
}

void Sink::set_format(Format format) {
  const std::scoped_lock lock(mutex_);
  format_ = format;
}

bool Sink::start() {
  const std::scoped_lock lock(mutex_);
  if (running_) return false;
  running_ = true;
  stopping_ = false;
  thread_ = std::thread([this] {
    name_thread("wp-log");
    loop();
  });
  return true;
}

void Sink::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  const std::scoped_lock lock(mutex_);
  running_ = false;
}

void Sink::flush() {
  std::unique_lock lock(mutex_);
  written_.wait_for(lock, std::chrono::seconds{1}, [this] { return waiting_.empty() && !writing_; });
}

Figures Sink::figures() {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

void Sink::put(Level level, std::string_view line, bool whole) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    ++figures_.lines[static_cast<std::size_t>(level)];
    if (running_ && !whole && is_repetition(line)) return;
    append(line);
    if (!running_) {
      write_all(waiting_);
      waiting_.clear();
    }
    wake = std::exchange(sleeping_, false);
  }
  if (wake) wake_.notify_one();
}

void Sink::append(std::string_view line) {
  constexpr std::size_t time_length = 64;
  if (waiting_.size() + line.size() + time_length > most_waiting_bytes) {
    ++figures_.dropped;
    ++untold_drops_;
    return;
  }
  append_time(waiting_, format_);
  waiting_ += line;
}

bool Sink::is_repetition(std::string_view line) {
  const std::size_t hash = std::hash<std::string_view>{}(line);
  const Moment now = std::chrono::steady_clock::now();
  auto at = std::ranges::find(recent_, hash, &Recent::hash);
  if (at != recent_.end() && now < at->until) {
    if (at->repeats++ == 0) {
      at->line = line;
      if (sleeping_) wake_.notify_one();  // to tell of it when the second is over
    }
    return true;
  }
  if (at == recent_.end()) {
    if (recent_.size() < most_recent)
      at = recent_.emplace(recent_.end());
    else
      at = std::ranges::min_element(recent_, {}, &Recent::until);
  }
  tell_repeats(*at);
  *at = {.hash = hash, .until = now + repetition};
  return false;
}

void Sink::tell_repeats(Recent& recent) {
  if (recent.repeats == 0) return;
  append(repeated(recent.line, format_, recent.repeats));
  recent.repeats = 0;
}

void Sink::tell_repeats_until(Moment now) {
  for (Recent& recent : recent_)
    if (recent.until <= now) tell_repeats(recent);
}

std::optional<Sink::Moment> Sink::next_repeats() const {
  std::optional<Moment> next;
  for (const Recent& recent : recent_)
    if (recent.repeats > 0 && (!next || recent.until < *next)) next = recent.until;
  return next;
}

void Sink::tell_drops() {
  if (untold_drops_ == 0) return;
  const auto dropped = std::exchange(untold_drops_, 0);
  std::string line;
  append_line(line, format_, Level::warn, "log lines were dropped: more was logged than could be written",
              {{"lines", dropped}});
  append(line);
}

void Sink::loop() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (true) {
    const auto awaited = [this] { return stopping_ || !waiting_.empty(); };
    while (!awaited()) {
      sleeping_ = true;
      const auto next = next_repeats();
      if (!next)
        wake_.wait(lock);
      else if (wake_.wait_until(lock, *next) == std::cv_status::timeout)
        tell_repeats_until(std::chrono::steady_clock::now());
      sleeping_ = false;
    }
    if (!stopping_) {
      wake_.wait_for(lock, gathering, [this] { return stopping_; });
      tell_repeats_until(std::chrono::steady_clock::now());
    } else {
      tell_repeats_until(Moment::max());
    }
    lines.clear();
    lines.swap(waiting_);
    tell_drops();
    writing_ = true;
    lock.unlock();
    write_all(lines);
    lock.lock();
    writing_ = false;
    written_.notify_all();
    if (stopping_ && waiting_.empty() && !next_repeats()) return;
  }
}

}  // namespace waypost::log
