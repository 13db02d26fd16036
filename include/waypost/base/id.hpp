#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waypost/base/time.hpp"

namespace waypost {

/// A ULID: 48 bits of Unix milliseconds, then 80 bits. The first 16 of the 80 count within a millisecond, so
/// `high` alone is unique within a data directory and in order of creation: it serves as the row number in
/// the store. `low` is random, and makes ids impossible to guess.
struct Ulid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Ulid&) const = default;
  /// The order of creation as a positive row number.
  std::int64_t sequence() const { return static_cast<std::int64_t>(high); }
  /// 26 characters of Crockford's base 32, upper case.
  std::string to_string() const;
  static std::optional<Ulid> parse(std::string_view text);
};

/// `prefix` (such as "job_") and the ULID.
std::string format_id(std::string_view prefix, const Ulid& ulid);
/// The ULID of an id with that prefix; nothing when it is another kind of id or malformed.
std::optional<Ulid> parse_id(std::string_view prefix, std::string_view id);

/// A new ULID, greater than every one made before in this process, whatever the clock does. Any thread.
Ulid make_ulid(Time now);
/// Makes later ids greater than `last`, the greatest in a store that was opened. Any thread.
void continue_ulids_after(std::int64_t last);

}  // namespace waypost
