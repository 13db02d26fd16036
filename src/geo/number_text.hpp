#pragma once

#include <cstdint>
#include <string>

namespace waypost::geo {

/// Units of 1e-7 as degrees, without needless zeros: 416639383 is "41.6639383", -5 is "-0.0000005".
void append_degrees(std::string& out, std::int32_t e7);
/// The same, written to `to`, which has room for `most_degrees_digits`. Returns the end.
inline constexpr std::size_t most_degrees_digits = 12;  // "-214.7483648"
char* write_degrees(char* to, std::int32_t e7);
/// With all seven decimals: "41.6639380".
void append_fixed_degrees(std::string& out, std::int32_t e7);

}  // namespace waypost::geo
