#pragma once

#include <string>
#include <string_view>

#include "waypost/base/json.hpp"

/// Answers of the jobs API in words, for a terminal. Pure.
namespace waypost::app {

/// The job in a few lines: state first, then what a person asks about it; unset fields are left out.
std::string describe_job(json::Value job);

/// One line: state and progress, such as `running 1200 of 5000 (24.0 %), 3 failed, 12 s left`.
std::string describe_progress(json::Value job);

/// The same in at most `columns` characters, led by a bar where there is room and more than one task to do:
/// `[#######                       ] running 1200 of 5000 (24.0 %), 12 s left`.
std::string draw_progress(json::Value job, std::size_t columns);

/// A table of `{"data": [job…]}`, newest as the server sent them.
std::string describe_jobs(json::Value page);

/// One line for a problem of RFC 9457: the detail and every fault; `status` when the body is no problem.
std::string describe_problem(std::string_view body, int status);

/// Whether a job in `state` can still change.
bool is_terminal(std::string_view state);

/// The text at `key` of an object; "" when it is absent or no string.
std::string_view string_at(json::Value object, std::string_view key);

}  // namespace waypost::app
