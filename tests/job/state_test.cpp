#include "waypost/job/state.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace waypost::job {
namespace {

using enum State;
using enum Event;

/// The contract's table of states (§3.2), row by row: where each may lead, whatever the event.
const std::map<State, std::set<State>> contract = {
    {preparing, {awaiting_confirmation, queued, failed, cancelling}},
    // Confirmed, it is what it would be now.
    {awaiting_confirmation, {blocked, scheduled, queued, cancelled}},
    {blocked, {scheduled, queued, paused, cancelled, failed}},
    {scheduled, {queued, paused, cancelled, failed}},
    // Scheduled: given a later run_at.
    {queued, {running, scheduled, paused, cancelled, failed}},
    {running,
     {succeeded, partial, failed, scheduled, queued, awaiting_confirmation, pausing, cancelling, completing}},
    // "What it was": running. The running task may also end the job before it comes to rest.
    {pausing, {paused, running, awaiting_confirmation, succeeded, partial, failed, cancelling}},
    {paused, {blocked, scheduled, queued, cancelled}},
    {cancelling, {cancelled}},
    // And queued: a crash while the report is written.
    {completing, {succeeded, partial, failed, queued}},
    {succeeded, {}},
    {partial, {queued}},
    {failed, {queued, preparing}},
    {cancelled, {queued, preparing}},
};

/// The same by event: what each one means, wherever it is allowed.
const std::map<Event, std::map<State, State>> by_event = {
    {prepared, {{preparing, queued}}},
    {hold,
     {{preparing, awaiting_confirmation},
      {running, awaiting_confirmation},
      {pausing, awaiting_confirmation}}},
    {confirm, {{awaiting_confirmation, queued}}},
    {unblock_later, {{blocked, scheduled}}},
    {become_ready, {{blocked, queued}, {scheduled, queued}}},
    {lease, {{queued, running}}},
    {succeed, {{running, succeeded}, {pausing, succeeded}, {completing, succeeded}}},
    {succeed_partly, {{running, partial}, {pausing, partial}, {completing, partial}}},
    {fail,
     {{preparing, failed},
      {blocked, failed},
      {scheduled, failed},
      {queued, failed},
      {running, failed},
      {pausing, failed},
      {completing, failed}}},
    {try_later, {{running, scheduled}}},
    {give_back, {{running, queued}, {pausing, paused}, {cancelling, cancelled}, {completing, queued}}},
    {write_report, {{running, completing}}},
    {Event::pause, {{blocked, paused}, {scheduled, paused}, {queued, paused}, {running, pausing}}},
    {come_to_rest, {{pausing, paused}}},
    {resume_blocked, {{paused, blocked}, {awaiting_confirmation, blocked}}},
    {resume_later, {{paused, scheduled}, {awaiting_confirmation, scheduled}}},
    {resume_ready, {{paused, queued}}},
    {resume_running, {{pausing, running}}},
    {put_off, {{queued, scheduled}}},
    {cancel,
     {{preparing, cancelling},
      {awaiting_confirmation, cancelled},
      {blocked, cancelled},
      {scheduled, cancelled},
      {queued, cancelled},
      {paused, cancelled},
      {running, cancelling},
      {pausing, cancelling}}},
    {stopped, {{cancelling, cancelled}}},
    {run_again, {{partial, queued}, {failed, queued}, {cancelled, queued}}},
    {prepare_again, {{failed, preparing}, {cancelled, preparing}}},
};

State state_at(std::size_t i) {
  return static_cast<State>(i);
}
Event event_at(std::size_t i) {
  return static_cast<Event>(i);
}

TEST(StateTable, AnswersEveryStateAndEventAsListed) {
  for (std::size_t s = 0; s < state_count; ++s)
    for (std::size_t e = 0; e < event_count; ++e) {
      const auto& allowed = by_event.at(event_at(e));
      const auto row = allowed.find(state_at(s));
      const std::optional<State> expected = row == allowed.end() ? std::nullopt : std::optional(row->second);
      EXPECT_EQ(next(state_at(s), event_at(e)), expected) << to_string(state_at(s)) << " on event " << e;
    }
}

TEST(StateTable, LeadsExactlyWhereTheContractSays) {
  ASSERT_EQ(contract.size(), state_count);
  for (std::size_t s = 0; s < state_count; ++s) {
    std::set<State> reached;
    for (std::size_t e = 0; e < event_count; ++e)
      if (const auto to = next(state_at(s), event_at(e))) reached.insert(*to);
    EXPECT_EQ(reached, contract.at(state_at(s))) << to_string(state_at(s));
  }
}

TEST(StateTable, LetsOnlyAManualRetryLeaveATerminalState) {
  for (std::size_t s = 0; s < state_count; ++s)
    for (std::size_t e = 0; e < event_count; ++e) {
      if (is_terminal(state_at(s)) && event_at(e) != run_again && event_at(e) != prepare_again)
        EXPECT_EQ(next(state_at(s), event_at(e)), std::nullopt)
            << to_string(state_at(s)) << " on event " << e;
    }
}

TEST(StateTable, HasEveryRowOnce) {
  std::set<std::pair<State, Event>> seen;
  for (const Transition& row : transitions()) {
    EXPECT_TRUE(seen.emplace(row.from, row.event).second) << to_string(row.from);
    EXPECT_EQ(next(row.from, row.event), row.to);
  }
}

TEST(StateTable, ReachesEveryStateAndLetsEveryLivingJobEnd) {
  for (std::size_t s = 0; s < state_count; ++s) {
    std::set<State> reached{state_at(s)};
    for (bool grown = true; grown;) {
      grown = false;
      for (const Transition& row : transitions())
        if (reached.contains(row.from)) grown |= reached.insert(row.to).second;
    }
    EXPECT_TRUE(std::ranges::any_of(reached, is_terminal)) << to_string(state_at(s));
  }
}

TEST(StateNames, AreThoseOfTheContractAndReadBack) {
  constexpr std::array names = {"preparing",  "awaiting_confirmation",
                                "blocked",    "scheduled",
                                "queued",     "running",
                                "pausing",    "paused",
                                "cancelling", "completing",
                                "succeeded",  "partial",
                                "failed",     "cancelled"};
  static_assert(names.size() == state_count);
  for (std::size_t s = 0; s < state_count; ++s) {
    EXPECT_EQ(to_string(state_at(s)), names[s]);
    EXPECT_EQ(parse_state(names[s]), state_at(s));
  }
  for (const char* wrong : {"", "Queued", "queued ", "unknown"})
    EXPECT_EQ(parse_state(wrong), std::nullopt) << wrong;
}

TEST(StateNumbers, AreThoseThatStoresKeepOnDisk) {
  // Changing one would change the meaning of every stored row.
  EXPECT_EQ(static_cast<int>(preparing), 0);
  EXPECT_EQ(static_cast<int>(scheduled), 3);
  EXPECT_EQ(static_cast<int>(queued), 4);
  EXPECT_EQ(static_cast<int>(running), 5);
  EXPECT_EQ(static_cast<int>(cancelling), 8);
  EXPECT_EQ(static_cast<int>(succeeded), 10);
  EXPECT_EQ(static_cast<int>(cancelled), 13);
}

}  // namespace
}  // namespace waypost::job
