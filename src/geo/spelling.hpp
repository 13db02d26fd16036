#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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
/// What an index keeps of a variant and the length of the word it is of (index::Variant).
std::uint32_t variant_check(std::uint64_t hash, std::size_t letters);

/// Compares words with one: optimal string alignment, which is Levenshtein's distance with exchanged
/// neighbours as one error.
class Distance {
 public:
  static constexpr std::size_t most_letters = 40;  ///< of the one word; what is longer is cut

  explicit Distance(std::u32string_view word);
  /// How many errors lie between it and the other, which is UTF-8.
  std::size_t to(std::string_view utf8) const;

 private:
  std::uint64_t places_of(char32_t letter) const;

  std::size_t size_;
  std::array<std::uint64_t, 128> ascii_{};  // a bit for each place where the letter stands
  std::array<std::pair<char32_t, std::uint64_t>, most_letters> others_;
  std::size_t other_letters_ = 0;
};

/// A word that may have been meant.
struct Meant {
  std::string_view word;
  std::size_t errors = 0;
  std::size_t weight = 0;  ///< errors, one in the first letter counted twice
  std::uint32_t best = 0;  ///< the most important place whose name has it
};
/// Words of the index that the misspelt one may stand for, those with the fewest errors first, then those of
/// the most important places; at most `most`.
std::vector<Meant> meant(const IndexView& index, std::string_view word, std::size_t most);

}  // namespace waypost::geo::spelling
