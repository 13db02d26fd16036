#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace waypost::geo {

/// A quick hash that index files rely on: eight bytes at a time, multiplied and folded. Pure; any thread.
inline std::uint64_t text_hash(std::uint64_t seed, std::string_view text) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15, other = 0xD6E8FEB86659FD93;
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  std::uint64_t hash = mix(seed + text.size() + 1, odd);
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t block;
    std::memcpy(&block, text.data() + i, 8);
    hash = mix(hash ^ block, other);
  }
  std::uint64_t rest = 0;
  if (i < text.size()) std::memcpy(&rest, text.data() + i, text.size() - i);
  return mix(hash ^ rest, odd);
}

}  // namespace waypost::geo
