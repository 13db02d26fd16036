#include "webhook/verdict.hpp"

#include <algorithm>
#include <cmath>

#include "waypost/operation/retry_after.hpp"

namespace waypost::webhook {
namespace {

using Kind = store::Settlement::Kind;

constexpr int gone = 410, too_many_requests = 429, unavailable = 503;

bool is_delivered(const Ending& ending) {
  return ending.status >= 200 && ending.status < 300;
}

bool is_final(const Ending& ending) {
  return ending.status == gone || ending.failure == net::ClientError::Kind::egress_forbidden;
}

// A refusal by our own guard says nothing of the receiver, and costs nothing either.
bool is_well(const Ending& ending) {
  if (ending.failure) return *ending.failure == net::ClientError::Kind::egress_forbidden;
  return ending.status < 500 && ending.status != too_many_requests;
}

Milliseconds jittered(Milliseconds gap, double random) {
  return Milliseconds{std::llround(static_cast<double>(gap.count()) * (0.9 + 0.2 * random))};
}

Milliseconds asked_for(const Ending& ending, std::span<const Milliseconds> gaps) {
  if (ending.status != too_many_requests && ending.status != unavailable) return Milliseconds{0};
  const auto seconds = operation::parse_retry_after(ending.retry_after, ending.at);
  return seconds ? std::min<Milliseconds>(*seconds, std::ranges::max(gaps)) : Milliseconds{0};
}

}  // namespace

Verdict judge(const Ending& ending, int attempts, std::span<const Milliseconds> gaps, double random) {
  if (is_delivered(ending)) return {.kind = Kind::delivered};
  const auto made = static_cast<std::size_t>(attempts) + 1;
  if (is_final(ending) || made >= gaps.size())
    return {.kind = Kind::gave_up, .receiver_is_well = is_well(ending)};
  const Milliseconds wait = std::max(jittered(gaps[made], random), asked_for(ending, gaps));
  return {.kind = Kind::retry, .next_at = ending.at + wait, .receiver_is_well = is_well(ending)};
}

}  // namespace waypost::webhook
