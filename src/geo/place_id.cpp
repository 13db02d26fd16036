#include "waypost/geo/place_id.hpp"

#include <zlib.h>

#include <string>

namespace waypost::geo {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t version_place = 1, version_house = 2;

/// One byte of version, eight of key, for a house four of its hash, at the end CRC-32 over all before: three
/// bytes of it, five for a house (one more of zeros), so that base64url needs no padding.
std::string id_bytes(const PlaceRef& place) {
  std::string bytes;
  const auto append = [&bytes](std::uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  };
  append(place.house ? version_house : version_place, 1);
  append(place.key, 8);
  if (place.house) append(*place.house, 4);
  const auto check =
      crc32(0, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<uInt>(bytes.size()));
  place.house ? append(std::uint64_t{check} << 8, 5) : append(check, 3);
  return bytes;
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
  constexpr std::size_t place_length = 16, house_length = 24;
  if (id.size() != place_length && id.size() != house_length) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < id.size(); i += 4) {
    std::uint32_t group = 0;
    for (const char c : id.substr(i, 4)) {
      const auto digit = alphabet.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(digit);
    }
    for (int shift = 16; shift >= 0; shift -= 8) bytes += static_cast<char>(group >> shift);
  }
  const auto number = [&bytes](std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (const char c : bytes.substr(at, count)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  };
  PlaceRef place{.key = number(1, 8), .house = std::nullopt};
  if (id.size() == house_length) place.house = static_cast<std::uint32_t>(number(9, 4));
  if (id_bytes(place) != bytes) return std::nullopt;
  return place;
}

}  // namespace waypost::geo
