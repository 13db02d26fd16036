#include "geo/short_street.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

using Abbreviation = std::pair<std::string_view, std::string_view>;

constexpr auto directions = std::to_array<Abbreviation>({
    {"North", "N"},
    {"Northeast", "NE"},
    {"Northwest", "NW"},
    {"East", "E"},
    {"South", "S"},
    {"Southeast", "SE"},
    {"Southwest", "SW"},
    {"West", "W"},
});

// USPS Publication 28, appendix C1, as far as maps use it.
constexpr auto kinds = std::to_array<Abbreviation>({
    {"Avenue", "Ave"},
    {"Boulevard", "Blvd"},
    {"Circle", "Cir"},
    {"Court", "Ct"},
    {"Crescent", "Cres"},
    {"Drive", "Dr"},
    {"Expressway", "Expy"},
    {"Freeway", "Fwy"},
    {"Highway", "Hwy"},
    {"Lane", "Ln"},
    {"Parkway", "Pkwy"},
    {"Place", "Pl"},
    {"Road", "Rd"},
    {"Square", "Sq"},
    {"Street", "St"},
    {"Turnpike", "Tpke"},
});

/// The abbreviation of a word; empty when it has none.
std::string_view find(std::span<const Abbreviation> table, std::string_view word) {
  const auto found =
      std::ranges::find_if(table, [&](const auto& row) { return text::iequals(row.first, word); });
  return found == table.end() ? std::string_view() : found->second;
}

}  // namespace

std::string short_street_name(std::string_view name) {
  auto words = text::split(name, ' ');
  const auto shorten = [&](std::size_t at, std::span<const Abbreviation> table) {
    const auto abbreviation = find(table, words[at]);
    if (!abbreviation.empty()) words[at] = abbreviation;
    return !abbreviation.empty();
  };
  // The name itself stays as it is: "North Street", "Avenue Road".
  std::size_t last = words.size();
  if (last > 1 && shorten(last - 1, directions)) --last;
  if (last > 1 && shorten(last - 1, kinds)) --last;
  if (last > 1) shorten(0, directions);
  std::string out;
  for (const auto word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

}  // namespace waypost::geo
