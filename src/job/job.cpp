#include "waypost/job/job.hpp"

#include <algorithm>
#include <array>

namespace waypost::job {
namespace {

constexpr std::array<std::string_view, 9> notice_names = {
    "job.started", "job.progress", "job.retrying", "job.awaiting_confirmation", "job.paused", "job.succeeded",
    "job.partial", "job.failed",   "job.cancelled"};

constexpr std::array<std::string_view, 6> outcome_names = {"succeeded",   "failed",    "timed_out",
                                                           "worker_lost", "cancelled", "interrupted"};

}  // namespace

std::string_view to_string(Notice notice) {
  return notice_names[static_cast<std::size_t>(notice)];
}

std::optional<Notice> parse_notice(std::string_view text) {
  const auto at = std::ranges::find(notice_names, text);
  if (at == notice_names.end()) return {};
  return static_cast<Notice>(at - notice_names.begin());
}

std::vector<Notice> default_notices() {
  return {Notice::succeeded, Notice::partial, Notice::failed, Notice::cancelled};
}

std::string_view to_string(Outcome outcome) {
  return outcome_names[static_cast<std::size_t>(outcome)];
}

}  // namespace waypost::job
