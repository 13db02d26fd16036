#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace waypost::geo {

enum class LookupKind : std::uint8_t { forward, autocomplete, reverse, place };
inline constexpr std::size_t lookup_kind_count = 4;
std::string_view to_string(LookupKind kind);

/// Lookups of this process, of requests and of jobs, for metrics.
struct LookupFigures {
  std::array<std::uint64_t, lookup_kind_count> found{};    ///< by LookupKind
  std::array<std::uint64_t, lookup_kind_count> nothing{};  ///< no hit
};
/// Any thread.
LookupFigures lookup_figures();

/// Counts one. Any thread; each has counters of its own, so that none waits for another's cache line.
void note_lookup(LookupKind kind, bool found);

}  // namespace waypost::geo
