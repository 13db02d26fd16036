#include "waypost/base/id.hpp"

#include <openssl/rand.h>

#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>

namespace waypost {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr std::array<std::int8_t, 256> decoding = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    table[static_cast<unsigned char>(alphabet[i] | 0x20)] = static_cast<std::int8_t>(i);
  }
  return table;
}();

std::atomic<std::uint64_t> last_high{0};

/// Random bits from the system's generator, fetched a page at a time.
std::uint64_t random_bits() {
  thread_local std::array<std::uint64_t, 64> pool;
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(pool.data()), sizeof pool) != 1)
      throw std::runtime_error("the system's random generator failed");
    left = pool.size();
  }
  return pool[--left];
}

}  // namespace

std::string Ulid::to_string() const {
  std::string out(26, '0');
  std::uint64_t h = high, l = low;
  for (std::size_t i = 26; i-- > 0;) {
    out[i] = alphabet[l & 31];
    l = (l >> 5) | (h << 59);
    h >>= 5;
  }
  return out;
}

std::optional<Ulid> Ulid::parse(std::string_view text) {
  if (text.size() != 26) return {};
  Ulid ulid;
  for (std::size_t i = 0; i < 26; ++i) {
    const int digit = decoding[static_cast<unsigned char>(text[i])];
    if (digit < 0 || (i == 0 && digit > 7)) return {};
    ulid.high = (ulid.high << 5) | (ulid.low >> 59);
    ulid.low = (ulid.low << 5) | static_cast<std::uint64_t>(digit);
  }
  return ulid;
}

std::string format_id(std::string_view prefix, const Ulid& ulid) {
  std::string out(prefix);
  out += ulid.to_string();
  return out;
}

std::optional<Ulid> parse_id(std::string_view prefix, std::string_view id) {
  if (!id.starts_with(prefix)) return {};
  return Ulid::parse(id.substr(prefix.size()));
}

Ulid make_ulid(Time now) {
  const auto fresh = static_cast<std::uint64_t>(now.time_since_epoch().count()) << 16;
  std::uint64_t last = last_high.load(std::memory_order_relaxed);
  std::uint64_t next;
  do {
    next = std::max(last + 1, fresh);
  } while (!last_high.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return {.high = next, .low = random_bits()};
}

void continue_ulids_after(std::int64_t last) {
  const auto floor = static_cast<std::uint64_t>(last);
  std::uint64_t current = last_high.load(std::memory_order_relaxed);
  while (current < floor && !last_high.compare_exchange_weak(current, floor, std::memory_order_relaxed)) {
  }
}

}  // namespace waypost
