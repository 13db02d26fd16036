#include "waypost/geo/place_id.hpp"

#include <zlib.h>

#include <algorithm>
#include <string>

#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t place_length = 16, house_length = 24;
constexpr std::uint8_t version_place = 1, version_house = 2;
constexpr int version_plus_code = 0x20;  // and the number of digits
constexpr int most_code_digits = 14;     // the middle of a smaller cell is no multiple of 1e-7 degrees

std::string big_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// What an id holds with its CRC-32 behind it, in as many bytes as make base64url need no padding.
std::string with_check(std::string bytes) {
  const auto check =
      crc32(0, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<uInt>(bytes.size()));
  return bytes + (bytes.size() % 3 == 0 ? big_endian(check, 3) : big_endian(std::uint64_t{check} << 8, 5));
}

/// A version, the key, for a house its hash.
std::string id_bytes(const PlaceRef& place) {
  const auto key = big_endian(place.house ? version_house : version_place, 1) + big_endian(place.key, 8);
  return with_check(place.house ? key + big_endian(*place.house, 4) : key);
}

std::string base64url(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (const char c : bytes.substr(i, 3)) group = group << 8 | static_cast<unsigned char>(c);
    for (int shift = 18; shift >= 0; shift -= 6) text += alphabet[(group >> shift) & 63];
  }
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    for (const char c : text.substr(i, 4)) {
      const auto digit = alphabet.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(digit);
    }
    for (int shift = 16; shift >= 0; shift -= 8) bytes += static_cast<char>(group >> shift);
  }
  return bytes;
}

std::uint64_t number_in(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (const char c : bytes.substr(at, count)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::uint64_t fnv(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}
constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;

/// The finalizer of MurmurHash3: spreads the bits.
std::uint64_t spread(std::uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

}  // namespace

// Never change these hashes: ids in users' hands hold the results.
std::uint64_t place_key(std::string_view family, std::string_view id) {
  return spread(fnv(fnv(fnv(fnv_start, family), ":"), id));
}

std::uint32_t house_hash(std::string_view number, std::string_view postal_code) {
  return static_cast<std::uint32_t>(spread(fnv(fnv(fnv(fnv_start, number), "|"), postal_code)));
}

std::string place_id(const PlaceRef& place) {
  return base64url(id_bytes(place));
}

std::optional<PlaceRef> parse_place_id(std::string_view id) {
  if (id.size() != place_length && id.size() != house_length) return std::nullopt;
  const auto bytes = from_base64url(id);
  if (!bytes) return std::nullopt;
  PlaceRef place{.key = number_in(*bytes, 1, 8), .house = std::nullopt};
  if (id.size() == house_length) place.house = static_cast<std::uint32_t>(number_in(*bytes, 9, 4));
  if (id_bytes(place) != *bytes) return std::nullopt;
  return place;
}

std::string plus_code_id(std::string_view code) {
  const auto area = decode_plus_code(code);
  if (!area) return {};
  const int digits = std::min(area->digits, most_code_digits);
  const auto middle = decode_plus_code(plus_code(area->center(), digits))->center();
  return base64url(with_check(big_endian(static_cast<std::uint64_t>(version_plus_code + digits), 1) +
                              big_endian(static_cast<std::uint32_t>(middle.lat_e7), 4) +
                              big_endian(static_cast<std::uint32_t>(middle.lng_e7), 4)));
}

std::optional<std::string> parse_plus_code_id(std::string_view id) {
  if (id.size() != place_length) return std::nullopt;
  const auto bytes = from_base64url(id);
  if (!bytes) return std::nullopt;
  const LatLng middle{.lat_e7 = static_cast<std::int32_t>(number_in(*bytes, 1, 4)),
                      .lng_e7 = static_cast<std::int32_t>(number_in(*bytes, 5, 4))};
  const int digits = static_cast<unsigned char>(bytes->front()) - version_plus_code;
  constexpr std::int64_t most_lat_e7 = 900'000'000, most_lng_e7 = 1'800'000'000;
  // Whatever 16 characters may say: what no code has is not asked of one.
  if (digits < 2 || digits > most_code_digits || (digits < 10 && digits % 2 != 0) ||
      std::abs(std::int64_t{middle.lat_e7}) > most_lat_e7 ||
      std::abs(std::int64_t{middle.lng_e7}) > most_lng_e7)
    return std::nullopt;
  auto code = plus_code(middle, digits);
  if (plus_code_id(code) != id) return std::nullopt;
  return code;
}

}  // namespace waypost::geo
