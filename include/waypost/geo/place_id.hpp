#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Place ids: 16 characters of `A-Z a-z 0-9 _ -` that hold a version, a 64-bit key and a check. Pure; any
/// thread.
namespace waypost::geo {

/// The key of a place: a hash of its source family ("geonames") and its own id there ("2510769", "US.IL"). It
/// is the same in every import, on every machine.
std::uint64_t place_key(std::string_view family, std::string_view id);

std::string place_id(std::uint64_t key);
/// The key of an id; nothing when the id is malformed or fails its check.
std::optional<std::uint64_t> parse_place_id(std::string_view id);

}  // namespace waypost::geo
