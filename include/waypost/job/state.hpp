#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// The life of a job as one table: state × event → state. Pure; any thread.
namespace waypost::job {

enum class State : std::uint8_t {
  preparing,
  awaiting_confirmation,
  blocked,
  scheduled,
  queued,
  running,
  pausing,
  paused,
  cancelling,
  completing,
  succeeded,
  partial,
  failed,
  cancelled,
};
inline constexpr std::size_t state_count = 14;

/// What can happen to a job. Several events may leave one state; rules.hpp decides which one it is.
enum class Event : std::uint8_t {
  prepared,        ///< the manifest is read; the job may be queued
  hold,            ///< needs a confirmation first (also after a canary)
  confirm,         ///< a person said yes
  unblock_later,   ///< dependencies ended, its time has not come
  become_ready,    ///< its time has come, or nothing holds it any more
  lease,           ///< a worker takes it
  succeed,         ///< its attempt, or the batch, ended well
  succeed_partly,  ///< a batch ended with some rows failed
  fail,            ///< it ended badly for good, or expired
  try_later,       ///< the attempt failed; another one follows
  give_back,       ///< the lease was lost, or the service shuts down
  write_report,    ///< every row is done
  pause,           ///< asked to pause
  come_to_rest,    ///< the last running task ended after `pause`
  resume_blocked,  ///< resumed or confirmed, and waits for its dependencies
  resume_later,    ///< resumed or confirmed, and waits for its time
  resume_ready,    ///< goes on
  resume_running,  ///< goes on before its running task had ended
  put_off,         ///< given a later time
  cancel,          ///< asked to end
  stopped,         ///< the last running task ended after `cancel`
  run_again,       ///< a manual retry
  prepare_again,   ///< a manual retry of a batch whose manifest was never read
};
inline constexpr std::size_t event_count = 23;

/// One row of the table.
struct Transition {
  State from;
  Event event;
  State to;
};

/// The whole table, to read and to document.
std::span<const Transition> transitions();

/// Where `event` leads from `state`; nothing when the table has no such row.
std::optional<State> next(State state, Event event);

/// Ended: never changes by itself.
bool is_terminal(State state);
std::string_view to_string(State state);
std::optional<State> parse_state(std::string_view text);

}  // namespace waypost::job
