#include "waypost/job/state.hpp"

#include <algorithm>

namespace waypost::job {
namespace {

using enum State;
using enum Event;

constexpr Transition table[] = {
    {preparing, prepared, queued},
    {preparing, hold, awaiting_confirmation},
    {preparing, fail, failed},
    {preparing, cancel, cancelling},

    {awaiting_confirmation, confirm, queued},
    {awaiting_confirmation, resume_blocked, blocked},
    {awaiting_confirmation, resume_later, scheduled},
    {awaiting_confirmation, cancel, cancelled},

    {blocked, unblock_later, scheduled},
    {blocked, become_ready, queued},
    {blocked, pause, paused},
    {blocked, cancel, cancelled},
    {blocked, fail, failed},

    {scheduled, become_ready, queued},
    {scheduled, pause, paused},
    {scheduled, cancel, cancelled},
    {scheduled, fail, failed},

    {queued, lease, running},
    {queued, put_off, scheduled},
    {queued, pause, paused},
    {queued, cancel, cancelled},
    {queued, fail, failed},

    {running, succeed, succeeded},
    {running, succeed_partly, partial},
    {running, fail, failed},
    {running, try_later, scheduled},
    {running, give_back, queued},
    {running, hold, awaiting_confirmation},
    {running, pause, pausing},
    {running, cancel, cancelling},
    {running, write_report, completing},

    {pausing, come_to_rest, paused},
    {pausing, give_back, paused},
    {pausing, succeed, succeeded},
    {pausing, succeed_partly, partial},
    {pausing, fail, failed},
    {pausing, hold, awaiting_confirmation},
    {pausing, resume_running, running},
    {pausing, cancel, cancelling},

    {paused, resume_blocked, blocked},
    {paused, resume_later, scheduled},
    {paused, resume_ready, queued},
    {paused, cancel, cancelled},

    {cancelling, stopped, cancelled},
    {cancelling, give_back, cancelled},

    {completing, succeed, succeeded},
    {completing, succeed_partly, partial},
    {completing, fail, failed},
    {completing, give_back, queued},

    {partial, run_again, queued},
    {failed, run_again, queued},
    {failed, prepare_again, preparing},
    {cancelled, run_again, queued},
    {cancelled, prepare_again, preparing},
};

constexpr std::int8_t none = -1;

/// The same table by index, for the way that every job takes.
constexpr auto by_state_and_event = [] {
  std::array<std::array<std::int8_t, event_count>, state_count> index{};
  for (auto& row : index) row.fill(none);
  for (const auto& t : table)
    index[static_cast<std::size_t>(t.from)][static_cast<std::size_t>(t.event)] =
        static_cast<std::int8_t>(t.to);
  return index;
}();

constexpr std::array<std::string_view, state_count> names = {"preparing",  "awaiting_confirmation",
                                                             "blocked",    "scheduled",
                                                             "queued",     "running",
                                                             "pausing",    "paused",
                                                             "cancelling", "completing",
                                                             "succeeded",  "partial",
                                                             "failed",     "cancelled"};

}  // namespace

std::span<const Transition> transitions() {
  return table;
}

std::optional<State> next(State state, Event event) {
  const auto to = by_state_and_event[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
  if (to == none) return {};
  return static_cast<State>(to);
}

bool is_terminal(State state) {
  return state == succeeded || state == partial || state == failed || state == cancelled;
}

std::string_view to_string(State state) {
  return names[static_cast<std::size_t>(state)];
}

std::optional<State> parse_state(std::string_view text) {
  const auto at = std::ranges::find(names, text);
  if (at == names.end()) return {};
  return static_cast<State>(at - names.begin());
}

}  // namespace waypost::job
