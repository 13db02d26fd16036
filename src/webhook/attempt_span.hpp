#pragma once

#include "waypost/trace/tracer.hpp"
#include "webhook/sender.hpp"

namespace waypost::webhook {

/// The span of one attempt at a delivery, below what the delivery is told of. Nothing of one that nobody
/// traces.
class AttemptSpan {
 public:
  /// `tracer` is null when there is no tracing.
  AttemptSpan(trace::Tracer* tracer, const store::Delivery& delivery);
  /// What the receiver is sent.
  const std::string& traceparent() const { return traceparent_; }
  void end(const Window::Attempt& attempt, const Outcome& outcome) const;

 private:
  trace::Tracer* tracer_;  ///< null when this attempt is not traced
  TraceContext context_;
  std::uint64_t parent_ = 0;
  std::string traceparent_;
  trace::Nanoseconds begin_ = trace::now();
};

}  // namespace waypost::webhook
