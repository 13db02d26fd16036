#include "webhook/health.hpp"

#include <algorithm>

namespace waypost::webhook {
namespace {

constexpr int gone = 410;
constexpr Milliseconds shortest_pause{5'000}, longest_pause{300'000};
constexpr std::chrono::days patience{5};

Milliseconds pause_after(int further_failures) {
  return std::min(shortest_pause * (1 << std::min(further_failures, 10)), longest_pause);
}

}  // namespace

Health::Change Health::attempted(int status, Time now) {
  if (status >= 200 && status < 300) {
    failures_ = 0;
    return {.to_note = std::exchange(failing_since_, std::nullopt).has_value()};
  }
  Change change{.to_note = !failing_since_};
  if (!failing_since_) failing_since_ = now;
  ++failures_;
  if (status == gone)
    change.disable = "gone";
  else if (now - *failing_since_ >= patience)
    change.disable = "failing";
  change.to_note = change.to_note || !change.disable.empty();
  if (open()) change.open_until = now + pause_after(failures_ - open_from);
  return change;
}

}  // namespace waypost::webhook
