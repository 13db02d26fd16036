#pragma once

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geo/fold.hpp"
#include "geo/index_view.hpp"
#include "geo/street_words.hpp"
#include "waypost/geo/place.hpp"

/// A query's words, and what each phrase of them may name. Lives as long as the index.
namespace waypost::geo {

/// What a word may be taken for: a bit for each part of an address.
using Roles = std::uint8_t;
namespace role {
inline constexpr Roles street = 1, locality = 2, postal_code = 4, admin = 8, country = 16, any = 31;
Roles of(Kind kind);
}  // namespace role

/// A folded text and what each of its words may be taken for.
struct QueryText {
  Folded folded;
  boost::container::small_vector<Roles, 16> roles;
  bool unfinished = false;  ///< the last word may go on
  /// Adds a part that may be taken for `roles` only.
  void add(std::string_view utf8, Roles allowed);
  /// The same with words [first, last) replaced by one or more.
  QueryText with(std::size_t first, std::size_t last, std::string_view folded_words) const;

 private:
  void append(std::string_view folded_word, bool after_comma, Roles allowed);
};

/// Words [first, last) and the places they name; lists are ascending, the best place first.
struct Phrase {
  std::uint8_t first = 0, last = 0;
  Roles roles = 0;
  std::span<const std::uint32_t> named;      ///< whole names
  std::span<const std::uint32_t> coded;      ///< ISO codes and abbreviations of states
  std::span<const std::uint32_t> postal;     ///< postal codes, or the beginnings of one without `rest`
  std::string_view rest;                     ///< of "SW1A1AA", where only SW1A is known
  std::span<const std::uint32_t> completed;  ///< names that begin so, when the last word is unfinished
  std::span<const std::uint32_t> streets;    ///< streets whose name without "street" this is, or begins so
  std::size_t size() const { return last - first; }
};

class Query {
 public:
  static constexpr std::size_t most_words = 24;  ///< what follows is not read
  using Mask = std::uint32_t;                    ///< a bit for each word

  Query(const IndexView& index, const QueryText& text);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  std::size_t size() const { return words_; }
  /// Whether words were left unread.
  bool cut() const { return text_.folded.words.size() > words_; }
  std::string_view word(std::size_t i) const { return text_.folded.phrase(i, i + 1); }
  std::string_view text(std::size_t first, std::size_t last) const {
    return text_.folded.phrase(first, last);
  }
  bool after_comma(std::size_t i) const { return text_.folded.words[i].after_comma; }
  bool has_digit(std::size_t i) const { return (digits_ >> i & 1) != 0; }
  bool has_number() const { return digits_ != 0; }
  Roles roles(std::size_t i) const { return text_.roles[i]; }
  bool unfinished() const { return text_.unfinished; }
  Mask all() const { return static_cast<Mask>((std::uint64_t{1} << words_) - 1); }
  static Mask mask(const Phrase& phrase) {
    return static_cast<Mask>(((std::uint64_t{1} << phrase.size()) - 1) << phrase.first);
  }
  /// The phrases that name anything.
  std::span<const Phrase> phrases() const { return {phrases_.data(), phrases_.size()}; }
  /// Whether one of them names postal codes.
  bool has_postal_codes() const { return postal_codes_; }
  /// The words that may name what a place lies in, or go on where its postal code ends.
  Mask of_parents() const { return parents_; }
  /// The words that may be of a house's number: "12 bis".
  Mask of_numbers() const { return numbers_; }
  /// Whether the word may be the next of a house's number that has begun.
  bool may_follow_number(std::size_t i) const;
  /// Words such as "street".
  Mask types() const { return types_; }
  /// Words that no name has.
  Mask unknown() const;
  /// Streets that have the word in their name.
  std::span<const std::uint32_t> streets_with(std::size_t i) const;
  /// What words weigh that nothing explains; the rest of a code or a flat's number next to nothing.
  double weight(std::size_t i) const { return weights_[i]; }
  WordRole word_role(std::size_t i) const { return word_roles_[i]; }

 private:
  /// What a phrase may be, as far as the words that follow each other in it tell.
  struct MayBe {
    bool name = true, street = true;
  };
  double weigh(std::size_t i) const;
  void read_phrases(std::size_t first);
  void read_phrase(std::size_t first, std::size_t last, MayBe may_be);
  void read_code(Phrase& phrase, std::string_view text) const;
  void complete(Phrase& phrase, std::string_view text, MayBe may_be);

  const IndexView& index_;
  const QueryText& text_;
  std::size_t words_;
  Mask digits_ = 0, types_ = 0;  // words with digits, words such as "street"
  Mask parents_ = 0, numbers_ = 0;
  bool postal_codes_ = false;
  std::array<WordRole, most_words> word_roles_;
  std::array<double, most_words> weights_;
  boost::container::small_vector<Phrase, 16> phrases_;
  std::vector<std::vector<std::uint32_t>> completions_;
  mutable std::array<std::span<const std::uint32_t>, most_words> streets_with_;
  mutable Mask streets_looked_up_ = 0;
};

/// Whether an ascending list holds the place.
inline bool contains(std::span<const std::uint32_t> ascending, std::uint32_t place) {
  if (ascending.empty() || place < ascending.front() || place > ascending.back()) return false;
  return place != UINT32_MAX && std::ranges::binary_search(ascending, place);
}

}  // namespace waypost::geo
