#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Folding: what makes "Châteauroux", "CHATEAUROUX" and "chateauroux" one name. The same at import and at
/// query; an index holds folded names, so a change here needs a new index version. Pure; any thread.
namespace waypost::geo {

/// A text as words. Words hold lower-case letters without accents, and digits, in one spelling of many:
/// "saint" and "street" are "st", "Königstraße" is "konig st" (street_words.hpp).
struct Folded {
  struct Word {
    std::uint32_t begin;  ///< in text
    std::uint32_t end;
    bool after_comma;  ///< the first word, or one with a comma before it
  };
  std::string text;  ///< the words with single spaces between
  boost::container::small_vector<Word, 8> words;

  /// The words from `first` up to, not including, `last`.
  std::string_view phrase(std::size_t first, std::size_t last) const {
    return std::string_view(text).substr(words[first].begin, words[last - 1].end - words[first].begin);
  }
};

/// Broken UTF-8 is read as U+FFFD, which is no letter.
Folded fold_words(std::string_view utf8);
std::string fold(std::string_view utf8);

/// Every folded form under which a name is to be found: itself, with letters written out (ü as ue, å as aa),
/// and with an apostrophe as a space. Never empty strings; no duplicates.
std::vector<std::string> folded_forms(std::string_view utf8);

}  // namespace waypost::geo
