#pragma once

#include <optional>
#include <string_view>

#include "waypost/base/time.hpp"

/// How an endpoint fares. Pure.
namespace waypost::webhook {

/// After five failures in a row its circuit opens: it is left alone for 5 s, doubled with each further
/// failure up to 5 min, and then gets one attempt. What waits meanwhile uses up no attempts. An endpoint that
/// fails for five days without one success is given up, and one that answers 410 at once.
class Health {
 public:
  explicit Health(std::optional<Time> failing_since) : failing_since_(failing_since) {}

  struct Change {
    bool to_note = false;            ///< `failing_since` changed, or it is to be disabled
    std::string_view disable;        ///< the reason to disable it; "" for none
    std::optional<Time> open_until;  ///< when the circuit lets an attempt through again
  };
  /// An attempt ended at `now` with this status, 0 without a reply.
  Change attempted(int status, Time now);

  const std::optional<Time>& failing_since() const { return failing_since_; }
  bool open() const { return failures_ >= open_from; }

 private:
  static constexpr int open_from = 5;
  std::optional<Time> failing_since_;
  int failures_ = 0;  ///< in a row
};

}  // namespace waypost::webhook
