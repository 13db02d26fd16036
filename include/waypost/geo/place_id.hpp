#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Place ids: `A-Z a-z 0-9 _ -` that hold a version, a 64-bit key, for a house 32 bits more, and a check: 16
/// characters, 24 for a house. Pure; any thread.
namespace waypost::geo {

/// The key of a place: a hash of its source family ("geonames") and its own id there ("2510769", "US.IL"). It
/// is the same in every import, on every machine.
std::uint64_t place_key(std::string_view family, std::string_view id);

/// What an id names: a place, or one house of a street.
struct PlaceRef {
  std::uint64_t key = 0;
  std::optional<std::uint32_t> house;  ///< house_hash() of its number and postal code
  bool operator==(const PlaceRef&) const = default;
};

/// A hash of a house's folded number and its postal code: the same in every import.
std::uint32_t house_hash(std::string_view number, std::string_view postal_code);

std::string place_id(const PlaceRef& place);
/// Nothing when the id is malformed or fails its check, or is one of a Plus Code.
std::optional<PlaceRef> parse_place_id(std::string_view id);

/// The id of a Plus Code's cell (`code` is a full one; of its digits fourteen count), and back.
std::string plus_code_id(std::string_view code);
std::optional<std::string> parse_plus_code_id(std::string_view id);

}  // namespace waypost::geo
