#pragma once

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geo/spelling.hpp"
#include "waypost/base/text.hpp"

/// How people get texts wrong: errors at random places, other orders, short forms. What is done here knows
/// nothing of how the search undoes it.
namespace waypost::bench {

using Random = std::mt19937;

inline std::size_t below(Random& random, std::size_t n) {
  return random() % n;
}

inline std::string utf8(std::u32string_view letters) {
  std::string out;
  for (const auto c : letters) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else {
      out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
              static_cast<char>(0x80 | (c & 63))};
    }
  }
  return out;
}

/// One letter wrong, missing, too many, or exchanged with the next, in a random word of at least four letters
/// and no digits; empty when there is no such word. `made_short` tells whether fewer than four are left of
/// it.
inline std::string mistyped(std::string_view text, Random& random, bool* made_short = nullptr) {
  std::vector<std::string> words;
  std::vector<std::size_t> eligible;
  for (const auto word : text::split(text, ' ')) {
    const auto letters = geo::spelling::letters_of(word);
    if (letters.size() >= 4 && word.find_first_of("0123456789") == std::string_view::npos)
      eligible.push_back(words.size());
    words.emplace_back(word);
  }
  if (eligible.empty()) return {};
  auto& word = words[eligible[below(random, eligible.size())]];
  auto letters = geo::spelling::letters_of(word);
  // A wrong letter comes from the same word's alphabet, so that Cyrillic stays Cyrillic.
  const auto other = letters.front() < 0x250 ? static_cast<char32_t>(U'a' + below(random, 26))
                                             : letters[below(random, letters.size())];
  const auto at = below(random, letters.size());
  switch (below(random, 4)) {
    case 0:
      letters[at] = other;
      break;
    case 1:
      letters.erase(at, 1);
      break;
    case 2:
      letters.insert(letters.begin() + static_cast<std::ptrdiff_t>(at), other);
      break;
    default:
      std::swap(letters[at > 0 ? at - 1 : 0], letters[at > 0 ? at : 1]);
  }
  if (made_short != nullptr) *made_short = letters.size() < 4;
  word = utf8(letters);
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
  return out == text ? std::string() : out;
}

/// The street with what its country shortens shortened.
inline std::string abbreviated(std::string_view street) {
  static constexpr auto whole = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"Street", "St"},    {"Avenue", "Ave"},    {"Road", "Rd"},         {"Boulevard", "Blvd"},
      {"Drive", "Dr"},     {"Lane", "Ln"},       {"Court", "Ct"},        {"Place", "Pl"},
      {"Square", "Sq"},    {"Terrace", "Ter"},   {"Parkway", "Pkwy"},    {"Highway", "Hwy"},
      {"Circle", "Cir"},   {"Crescent", "Cres"}, {"Close", "Cl"},        {"Northwest", "NW"},
      {"Northeast", "NE"}, {"Southwest", "SW"},  {"Southeast", "SE"},    {"North", "N"},
      {"South", "S"},      {"East", "E"},        {"West", "W"},          {"Straße", "Str."},
      {"Platz", "Pl."},    {"Strada", "Str."},   {"Bulevardul", "Bd."},  {"Șoseaua", "Șos."},
      {"Calea", "Cal."},   {"Aleea", "Al."},     {"Carrer", "C/"},       {"Avinguda", "Av."},
      {"Passeig", "Pg."},  {"Plaça", "Pl."},     {"улица", "ул."},       {"проспект", "пр."},
      {"площадь", "пл."},  {"переулок", "пер."}, {"набережная", "наб."}, {"вулиця", "вул."},
      {"вуліца", "вул."},  {"праспект", "пр."},
  });
  static constexpr auto endings =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"straße", "str."}, {"platz", "pl."}});
  std::string out;
  for (const auto word : text::split(street, ' ')) {
    std::string written(word);
    for (const auto& [from, to] : whole) {
      if (word == from) written = to;
    }
    for (const auto& [from, to] : endings) {
      if (written.size() > from.size() && written.ends_with(from))
        written.replace(written.size() - from.size(), from.size(), to);
    }
    out += (out.empty() ? "" : " ") + written;
  }
  return out;
}

inline std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace waypost::bench
