#pragma once

#include <string>
#include <string_view>

/// Postal codes as they are compared: "SO15 2EJ" and "so152ej", "831 02" and "83102" are one. Pure; any
/// thread.
namespace waypost::geo {

/// Letters and digits of the folded code; empty when it has no digit or more than ten characters.
std::string postal_key(std::string_view written);
/// Whether a folded word may follow a code that a source knows only the beginning of: the 1AA of SW1A 1AA,
/// the 1234 of a ZIP+4.
bool extends_postal_code(std::string_view country, std::string_view word);
/// Whether a word with letters may, in some country.
bool may_extend_postal_code(std::string_view word);
/// Whether any word may, in that country.
bool has_longer_postal_codes(std::string_view country);

}  // namespace waypost::geo
