#include "waypost/trace/tracer.hpp"

#include <cmath>
#include <random>

namespace waypost::trace {
namespace {

/// OpenTelemetry's TraceIdRatioBased: by the id, so that every service that samples by ratio decides alike.
bool is_sampled(std::uint64_t trace_low, double ratio) {
  constexpr double all = 9223372036854775808.0;  // 2^63
  return static_cast<double>(trace_low >> 1) < ratio * all;
}

}  // namespace

Nanoseconds now() {
  return std::chrono::system_clock::now().time_since_epoch();
}

std::uint64_t random_id() {
  thread_local std::mt19937_64 random{std::random_device{}() ^ (std::uint64_t{std::random_device{}()} << 32)};
  std::uint64_t id = 0;
  while (id == 0) id = random();
  return id;
}

TraceContext Tracer::begin(std::string_view traceparent) const {
  auto context = parse_traceparent(traceparent);
  if (!context) {
    context = TraceContext{.trace_high = random_id(), .trace_low = random_id()};
    context->sampled = is_sampled(context->trace_low, ratio_.load(std::memory_order_relaxed));
  }
  context->span = random_id();
  return *context;
}

void Tracer::end(Span span) {
  if (!span.context.sampled) return;
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= most_waiting) {
    ++figures_.dropped;
    return;
  }
  waiting_.push_back(std::move(span));
  if (action_ && (waiting_.size() == 1 || waiting_.size() == enough_)) action_();
}

std::vector<Span> Tracer::take(std::size_t most) {
  const std::scoped_lock lock(mutex_);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
  std::vector<Span> taken(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return taken;
}

std::size_t Tracer::waiting() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.size();
}

void Tracer::when_waiting(std::size_t enough, std::function<void()> action) {
  const std::scoped_lock lock(mutex_);
  enough_ = enough;
  action_ = std::move(action);
}

void Tracer::note_exported(std::size_t spans) {
  const std::scoped_lock lock(mutex_);
  figures_.exported += spans;
}

void Tracer::note_failed(std::size_t spans) {
  const std::scoped_lock lock(mutex_);
  figures_.failed += spans;
}

TracerFigures Tracer::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

}  // namespace waypost::trace
