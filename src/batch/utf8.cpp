#include "batch/utf8.hpp"

#include <cstring>

namespace waypost::batch {
namespace {

// The first byte at or after `at` that is not ASCII; eight at a time, since most manifests are.
std::size_t skip_ascii(std::string_view bytes, std::size_t at) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  while (at + 8 <= bytes.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    if ((word & kHighBits) != 0) break;
    at += 8;
  }
  while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) ++at;
  return at;
}

}  // namespace

bool Utf8Checker::begin(unsigned char lead) {
  min_ = 0x80;
  max_ = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    missing_ = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    missing_ = 2;
    if (lead == 0xE0) min_ = 0xA0;  // shorter forms exist
    if (lead == 0xED) max_ = 0x9F;  // surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    missing_ = 3;
    if (lead == 0xF0) min_ = 0x90;
    if (lead == 0xF4) max_ = 0x8F;  // past U+10FFFF
  } else {
    return false;
  }
  return true;
}

std::optional<std::size_t> Utf8Checker::feed(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (missing_ == 0) {
      i = skip_ascii(bytes, i);
      if (i == bytes.size()) break;
      if (!begin(static_cast<unsigned char>(bytes[i]))) return i;
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte < min_ || byte > max_) return i;
    --missing_;
    min_ = 0x80;
    max_ = 0xBF;
  }
  return std::nullopt;
}

}  // namespace waypost::batch
