#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "waypost/trace/span.hpp"

namespace waypost::trace {

/// For metrics, since the start.
struct TracerFigures {
  std::uint64_t exported = 0;
  std::uint64_t dropped = 0;  ///< too many waited
  std::uint64_t failed = 0;   ///< the collector did not take them
};

/// Decides what is sampled, and holds the spans that ended until somebody exports them. Any thread.
class Tracer {
 public:
  static constexpr std::size_t most_waiting = 4096;

  /// Off.
  Tracer() = default;
  explicit Tracer(double ratio) { configure(ratio); }

  /// From now on `ratio` of the traces that begin here are sampled, from 0 to 1, and those that began
  /// elsewhere as it was decided there. Nothing: it is off.
  void configure(std::optional<double> ratio) {
    ratio_.store(ratio.value_or(off), std::memory_order_relaxed);
  }
  /// Whether anybody wants spans: while it is off, none need be made.
  bool is_on() const { return ratio_.load(std::memory_order_relaxed) >= 0; }

  /// The context of a new span below that of a `traceparent`; of a new trace when there is none.
  TraceContext begin(std::string_view traceparent) const;
  /// Takes a span that has ended. One that is not sampled is let go.
  void end(Span span);

  /// At most so many of those that wait, in the order in which they ended.
  std::vector<Span> take(std::size_t most);
  std::size_t waiting() const;
  /// Called, on any thread, when there are spans again where there were none, and when there are `enough`;
  /// must only pass that on.
  void when_waiting(std::size_t enough, std::function<void()> action);

  void note_exported(std::size_t spans);
  void note_failed(std::size_t spans);
  TracerFigures figures() const;

 private:
  static constexpr double off = -1;
  std::atomic<double> ratio_ = off;
  mutable std::mutex mutex_;
  std::vector<Span> waiting_;
  std::size_t enough_ = 0;
  std::function<void()> action_;
  TracerFigures figures_;
};

/// Now, as spans count time.
Nanoseconds now();
/// A context's 64 random bits that are not 0. Any thread.
std::uint64_t random_id();

}  // namespace waypost::trace
