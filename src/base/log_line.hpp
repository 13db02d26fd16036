#pragma once

#include "waypost/base/log.hpp"

namespace waypost::log {

/// A line without its time, which stands before it: so two lines that say the same are the same. With the
/// line's end.
void append_line(std::string& out, Format format, Level level, std::string_view message, Fields fields);
/// What stands before a line written at this moment; of one length for each format.
void append_time(std::string& out, Format format);
/// The line with how often it was repeated as a further value.
std::string repeated(std::string_view line, Format format, std::uint64_t times);

}  // namespace waypost::log
