#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geo/street_words.hpp"

/// Names of streets as they are searched for. Pure; any thread.
namespace waypost::geo {

struct StreetWord {
  std::string_view text;
  WordRole role;
  bool core = true;  ///< does more than say what kind of street it is
};

/// The words of a folded name. Looks into it.
class StreetName {
 public:
  explicit StreetName(std::string_view folded);
  std::span<const StreetWord> words() const { return std::span(words_).first(size_); }
  /// How often it has the word.
  std::size_t count(std::string_view word) const;
  /// Whether some of the words only say what kind of street it is.
  bool typed() const { return typed_; }

 private:
  static constexpr std::size_t most_words = 24;  // what follows is not read
  std::array<StreetWord, most_words> words_;
  std::size_t size_ = 0;
  bool typed_ = false;
};

/// A folded name without the words that say what kind of street it is ("main" of "main st"), unless nothing
/// else would be left.
std::string street_core(std::string_view folded);

/// Every folded form of a street's name: as written, with letters written out, and in Latin letters as they
/// are transliterated in its country (ISO code).
std::vector<std::string> street_forms(std::string_view name, std::string_view country);

}  // namespace waypost::geo
