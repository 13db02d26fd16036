#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "waypost/net/client.hpp"
#include "waypost/store/job_store.hpp"

/// What follows from the way an attempt ended. Pure.
namespace waypost::webhook {

/// How an attempt ended.
struct Ending {
  int status = 0;  ///< of the reply, 0 when there was none
  std::optional<net::ClientError::Kind>
      failure;                   ///< why there was none; nothing when no request could be made
  std::string_view retry_after;  ///< of the reply, "" when it had none
  Time at{};
};

struct Verdict {
  store::Settlement::Kind kind = store::Settlement::Kind::delivered;
  Time next_at{};                ///< of a retry
  bool receiver_is_well = true;  ///< it answered, and not with 429 or 5xx: it can take more
};

/// 2xx is delivered. 410 and a forbidden address are final. All else, redirects included, is tried again
/// after the next gap while there is one; then it is given up. `attempts` were made before this one; `gaps`
/// are those of DelivererOptions. A gap is stretched or shrunk by up to 10 % as `random`, in [0, 1), says;
/// Retry-After on 429 and 503 makes it at least that long, but not longer than the largest gap.
Verdict judge(const Ending& ending, int attempts, std::span<const Milliseconds> gaps, double random);

}  // namespace waypost::webhook
