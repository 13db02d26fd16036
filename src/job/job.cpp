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

constexpr std::array<std::string_view, 2> policy_names = {"fail", "run"};
constexpr std::array<std::string_view, 3> conflict_names = {"return_existing", "reject", "replace"};

template <class Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view text) {
  const auto at = std::ranges::find(names, text);
  if (at == names.end()) return {};
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

std::string_view to_string(Notice notice) {
  return notice_names[static_cast<std::size_t>(notice)];
}

std::optional<Notice> parse_notice(std::string_view text) {
  return parse<Notice>(notice_names, text);
}

std::vector<Notice> default_notices() {
  return {Notice::succeeded, Notice::partial, Notice::failed, Notice::cancelled};
}

std::string_view to_string(DependencyPolicy policy) {
  return policy_names[static_cast<std::size_t>(policy)];
}

std::optional<DependencyPolicy> parse_dependency_policy(std::string_view text) {
  return parse<DependencyPolicy>(policy_names, text);
}

std::string_view to_string(OnConflict choice) {
  return conflict_names[static_cast<std::size_t>(choice)];
}

std::optional<OnConflict> parse_on_conflict(std::string_view text) {
  return parse<OnConflict>(conflict_names, text);
}

std::string_view to_string(Outcome outcome) {
  return outcome_names[static_cast<std::size_t>(outcome)];
}

}  // namespace waypost::job
