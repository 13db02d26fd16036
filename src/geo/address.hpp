#pragma once

#include <span>
#include <string>
#include <string_view>

#include "waypost/geo/gazetteer.hpp"

/// How a place is written: Google's types, components and one-line addresses. Pure; any thread.
namespace waypost::geo {

/// `locality`, `political`, …
std::span<const std::string_view> google_types(Kind kind);
/// The place and what it lies in, from small to large.
struct Lineage {
  Place places[3];
  std::size_t size = 0;
  std::span<const Place> all() const { return {places, size}; }
};
Lineage lineage(const Gazetteer& gazetteer, const Place& place);

/// Google's short name: the ISO code of a country, the abbreviation of a state, else the name.
std::string_view short_name(const Place& place, std::string_view long_name);
/// By the country's habit: "Toledo, Spain", "Toledo, OH, USA", "日本、東京".
void append_formatted_address(std::string& out, const Gazetteer& gazetteer, const Place& place,
                              const LanguageChain& languages);
/// What a map should show of the place.
Bounds viewport(const Place& place);

}  // namespace waypost::geo
