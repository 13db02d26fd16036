#include "waypost/base/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>

#include "waypost/base/json.hpp"
#include "waypost/base/time.hpp"

namespace waypost::log {
namespace {

// A line is written by the one or the other while configure() runs: nothing else hangs on them.
std::atomic<Level> threshold = Level::info;
std::atomic<Format> line_format = Format::text;

constexpr std::string_view names[] = {"debug", "info", "warn", "error", "off"};

spdlog::logger& sink() {
  static const auto logger = [] {
    auto made =
        std::make_shared<spdlog::logger>("waypost", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

std::string now() {
  return to_rfc3339(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()));
}

std::string as_json(Level level, std::string_view message, Fields fields) {
  std::string line;
  json::Writer out(line);
  out.begin_object()
      .field("time", now())
      .field("level", names[static_cast<int>(level)])
      .field("message", message);
  for (const Field& field : fields) {
    out.key(field.name);
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      out.string(*text);
    else if (const auto* integer = std::get_if<std::int64_t>(&field.value))
      out.integer(*integer);
    else if (const auto* real = std::get_if<double>(&field.value))
      out.number(*real);
    else
      out.boolean(std::get<bool>(field.value));
  }
  out.end_object();
  return line;
}

/// A value as logfmt has it: quoted, with escapes, when it holds anything that could break the line.
void append_text(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && std::ranges::all_of(value, [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != 0x7f;
  });
  if (plain)
    line += value;
  else
    json::Writer(line).string(value);
}

std::string as_text(Level level, std::string_view message, Fields fields) {
  std::string line = fmt::format("{} {:<5} {}", now(), names[static_cast<int>(level)], message);
  for (const Field& field : fields) {
    fmt::format_to(std::back_inserter(line), " {}=", field.name);
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      append_text(line, *text);
    else if (const auto* integer = std::get_if<std::int64_t>(&field.value))
      line += std::to_string(*integer);
    else if (const auto* real = std::get_if<double>(&field.value))
      fmt::format_to(std::back_inserter(line), "{}", *real);
    else
      line += std::get<bool>(field.value) ? "true" : "false";
  }
  return line;
}

}  // namespace

void configure(Level level, Format format) {
  threshold.store(level, std::memory_order_relaxed);
  line_format.store(format, std::memory_order_relaxed);
}

bool enabled(Level level) {
  return level >= threshold.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message, Fields fields) {
  const std::string line = line_format.load(std::memory_order_relaxed) == Format::json
                               ? as_json(level, message, fields)
                               : as_text(level, message, fields);
  sink().log(level >= Level::error ? spdlog::level::err : spdlog::level::info, "{}", line);
}

}  // namespace waypost::log
