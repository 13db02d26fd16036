#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geo/index_view.hpp"

/// Typing errors. A word of four to seven letters may have one (a letter wrong, missing, too many, or two
/// exchanged), a longer one two; what holds a digit, or is shorter, none. An index keeps for each word what
/// is left of it when as many letters are taken out of its beginning; a misspelt word shares one of these
/// with what was meant. Pure; any thread.
namespace waypost::geo::spelling {

/// How many errors the word may have.
std::size_t forgiven(std::u32string_view letters);
std::u32string letters_of(std::string_view utf8);
/// Hashes of the word's variants, itself among them; none when nothing is forgiven. May repeat.
std::vector<std::uint64_t> variants(std::u32string_view letters);
/// How many errors lie between two words: `limit` + 1 when more than `limit`.
std::size_t distance(std::u32string_view a, std::u32string_view b, std::size_t limit);

/// A word that may have been meant.
struct Meant {
  std::string_view word;
  std::size_t errors = 0;
  std::size_t weight = 0;  ///< errors, one in the first letter counted twice
  std::uint32_t best = 0;  ///< the most important place whose name has it
};
/// Words of the index that the misspelt one may stand for, most likely first; at most `most`.
std::vector<Meant> meant(const IndexView& index, std::string_view word, std::size_t most);

}  // namespace waypost::geo::spelling
