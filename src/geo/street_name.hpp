#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Names of streets as they are searched for. Pure; any thread.
namespace waypost::geo {

/// A folded name without the words that say what kind of street it is ("main" of "main st"), unless nothing
/// else would be left.
std::string street_core(std::string_view folded);

/// Every folded form of a street's name: as written, with letters written out, and in Latin letters as they
/// are transliterated in its country (ISO code).
std::vector<std::string> street_forms(std::string_view name, std::string_view country);

}  // namespace waypost::geo
