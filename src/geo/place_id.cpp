#include "waypost/geo/place_id.hpp"

#include <zlib.h>

#include <array>

namespace waypost::geo {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t id_length = 16;
constexpr std::uint8_t id_version = 1;

/// One byte of version, eight of key, three of CRC-32 over those nine: 96 bits, 16 characters of base64url.
std::array<unsigned char, 12> id_bytes(std::uint64_t key) {
  std::array<unsigned char, 12> bytes{};
  bytes[0] = id_version;
  for (std::size_t i = 0; i < 8; ++i) bytes[1 + i] = static_cast<unsigned char>(key >> (56 - 8 * i));
  const auto check = crc32(0, bytes.data(), 9);
  for (std::size_t i = 0; i < 3; ++i) bytes[9 + i] = static_cast<unsigned char>(check >> (16 - 8 * i));
  return bytes;
}

}  // namespace

std::uint64_t place_key(std::string_view family, std::string_view id) {
  // FNV-1a, then the finalizer of MurmurHash3 to spread the bits. Never change: ids in users' hands hold the
  // result.
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  };
  mix(family);
  mix(":");
  mix(id);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

std::string place_id(std::uint64_t key) {
  const auto bytes = id_bytes(key);
  std::string id;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) id += alphabet[(group >> shift) & 63];
  }
  return id;
}

std::optional<std::uint64_t> parse_place_id(std::string_view id) {
  if (id.size() != id_length) return std::nullopt;
  std::array<unsigned char, 12> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint32_t group = 0;
    for (const char c : id.substr(i * 4, 4)) {
      const auto digit = alphabet.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t j = 0; j < 3; ++j) bytes[i * 3 + j] = static_cast<unsigned char>(group >> (16 - 8 * j));
  }
  std::uint64_t key = 0;
  for (std::size_t i = 1; i <= 8; ++i) key = key << 8 | bytes[i];
  if (id_bytes(key) != bytes) return std::nullopt;
  return key;
}

}  // namespace waypost::geo
