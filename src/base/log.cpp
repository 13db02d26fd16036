#include "waypost/base/log.hpp"

#include "base/log_line.hpp"
#include "base/log_sink.hpp"

namespace waypost::log {
namespace {

// Written once by configure() before threads start.
Level threshold = Level::info;
Format line_format = Format::text;

void put(Level level, std::string_view message, Fields fields, bool whole) {
  thread_local std::string line;
  line.clear();
  append_line(line, line_format, level, message, fields);
  Sink::instance().put(level, line, whole);
}

}  // namespace

void configure(Level level, Format format) {
  threshold = level;
  line_format = format;
  Sink::instance().set_format(format);
}

bool enabled(Level level) {
  return level >= threshold;
}

void write(Level level, std::string_view message, Fields fields) {
  put(level, message, fields, false);
}

void record(std::string_view message, Fields fields) {
  put(Level::info, message, fields, true);
}

Background::Background() : mine_(Sink::instance().start()) {}

Background::~Background() {
  if (mine_) Sink::instance().stop();
}

void flush() {
  Sink::instance().flush();
}

Figures figures() {
  return Sink::instance().figures();
}

}  // namespace waypost::log
