#include "waypost/geo/place_id.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>

#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t place_length = 16, house_length = 24;
constexpr std::uint8_t version_place = 1, version_house = 2;
constexpr int version_plus_code = 0x20;  // and the number of digits
constexpr int most_code_digits = 14;     // the middle of a smaller cell is no multiple of 1e-7 degrees

/// The bytes of an id.
class IdBytes {
 public:
  IdBytes& add(std::uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bytes_[size_++] = static_cast<unsigned char>(value >> (8 * i));
    return *this;
  }

  /// In base64url, with a CRC-32 behind them: of as many bytes as make it need no padding.
  std::string with_check() {
    const std::uint64_t check = crc32(0, bytes_.data(), static_cast<uInt>(size_));
    size_ % 3 == 0 ? add(check, 3) : add(check << 8, 5);
    std::string text(size_ / 3 * 4, '\0');
    for (std::size_t i = 0; i < text.size(); i += 4) {
      const auto* three = &bytes_[i / 4 * 3];
      const auto group = std::uint32_t{three[0]} << 16 | std::uint32_t{three[1]} << 8 | three[2];
      for (std::size_t j = 0; j < 4; ++j) text[i + j] = alphabet[group >> (18 - 6 * j) & 63];
    }
    return text;
  }

 private:
  std::array<unsigned char, house_length / 4 * 3> bytes_;
  std::size_t size_ = 0;
};

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
  if (!place.house) return IdBytes().add(version_place, 1).add(place.key, 8).with_check();
  return IdBytes().add(version_house, 1).add(place.key, 8).add(*place.house, 4).with_check();
}

std::optional<PlaceRef> parse_place_id(std::string_view id) {
  if (id.size() != place_length && id.size() != house_length) return std::nullopt;
  const auto bytes = from_base64url(id);
  if (!bytes) return std::nullopt;
  PlaceRef place{.key = number_in(*bytes, 1, 8), .house = std::nullopt};
  if (id.size() == house_length) place.house = static_cast<std::uint32_t>(number_in(*bytes, 9, 4));
  if (place_id(place) != id) return std::nullopt;
  return place;
}

std::string plus_code_id(std::string_view code) {
  const auto area = decode_plus_code(code);
  if (!area) return {};
  const int digits = std::min(area->digits, most_code_digits);
  const auto middle = decode_plus_code(plus_code(area->center(), digits))->center();
  return IdBytes()
      .add(static_cast<std::uint64_t>(version_plus_code + digits), 1)
      .add(static_cast<std::uint32_t>(middle.lat_e7), 4)
      .add(static_cast<std::uint32_t>(middle.lng_e7), 4)
      .with_check();
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
