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

// Keys are any text: one of the default tenant's that looks like another's is marked as its own.
std::string concurrency_group(const Spec& spec) {
  constexpr char mark = '\x01';
  const std::string& key = spec.concurrency_key;
  if (key.empty() || (spec.tenant == default_tenant && key.front() != mark)) return key;
  return mark + std::to_string(static_cast<std::int64_t>(spec.tenant)) + ':' + key;
}

bool matches(const Filter& filter, const Job& job) {
  const auto is_among = [](const auto& wanted, const auto& value) {
    return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
  };
  const auto has_tag = [&](const auto& tag) {
    const auto found = job.spec.tags.find(tag.first);
    return found != job.spec.tags.end() && found->second == tag.second;
  };
  const std::int64_t sequence = job.ulid.sequence();
  return (!filter.tenant || *filter.tenant == job.spec.tenant) && is_among(filter.states, job.state) &&
         is_among(filter.types, job.spec.type) && is_among(filter.queues, job.spec.queue) &&
         std::ranges::all_of(filter.tags, has_tag) &&
         (!filter.created_after || sequence >= first_sequence(*filter.created_after)) &&
         (!filter.created_before || sequence < first_sequence(*filter.created_before));
}

// A sequence begins with the milliseconds of its creation (base/id.hpp).
std::int64_t first_sequence(Time created_at) {
  return std::clamp<std::int64_t>(created_at.time_since_epoch().count(), 0, std::int64_t{1} << 46) << 16;
}

std::string_view to_string(Outcome outcome) {
  return outcome_names[static_cast<std::size_t>(outcome)];
}

}  // namespace waypost::job
