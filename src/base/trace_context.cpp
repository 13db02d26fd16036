#include "waypost/base/trace_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace waypost {
namespace {

constexpr std::size_t shortest = 55;  // version "-" trace-id "-" parent-id "-" trace-flags

std::optional<std::uint64_t> read_hex(std::string_view text) {
  const bool lower =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  std::uint64_t value = 0;
  if (!lower) return {};
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

}  // namespace

std::string TraceContext::trace_id() const {
  return fmt::format("{:016x}{:016x}", trace_high, trace_low);
}

std::string TraceContext::span_id() const {
  return fmt::format("{:016x}", span);
}

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < shortest || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
  const auto version = read_hex(text.substr(0, 2));
  const auto high = read_hex(text.substr(3, 16)), low = read_hex(text.substr(19, 16));
  const auto span = read_hex(text.substr(36, 16)), flags = read_hex(text.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xff) return {};
  if (text.size() > shortest && (*version == 0 || text[shortest] != '-')) return {};
  if ((*high == 0 && *low == 0) || *span == 0) return {};
  return TraceContext{.trace_high = *high, .trace_low = *low, .span = *span, .sampled = (*flags & 1) != 0};
}

std::string to_traceparent(const TraceContext& context) {
  return fmt::format("00-{:016x}{:016x}-{:016x}-{:02x}", context.trace_high, context.trace_low, context.span,
                     context.sampled ? 1 : 0);
}

bool is_tracestate(std::string_view text) {
  return text.size() <= 512 && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::uint64_t derived_span(std::uint64_t a, std::uint64_t b) {
  // splitmix64's finalizer: every bit of either number reaches every bit of the id.
  std::uint64_t x = a + 0x9e3779b97f4a7c15 * (b + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  x ^= x >> 31;
  return x == 0 ? 1 : x;
}

}  // namespace waypost
