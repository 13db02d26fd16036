#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "geo/fold.hpp"
#include "waypost/geo/gazetteer.hpp"

/// How a query's words may be read: one phrase names a place, the phrases around it name what it lies in.
namespace waypost::geo {

/// A place that some of the words name.
struct Candidate {
  PlaceNumber place = no_place;
  std::uint32_t words = 0;         ///< words explained by the place and what it lies in
  std::uint32_t phrase_words = 0;  ///< of these, words of the place's own name
};

/// The phrases of one query, each looked up once. Lives as long as the gazetteer and the folded text it was
/// given.
class Reading {
 public:
  Reading(const Gazetteer& gazetteer, const Folded& query);

  /// Places by readings that explain every word, without repeats, most important first.
  std::vector<Candidate> complete() const;
  /// The same for readings that leave words over, those that explain most first.
  std::vector<Candidate> partial() const;

 private:
  struct Phrase {
    std::span<const PlaceNumber> named, coded;
  };
  const Phrase& phrase(std::size_t first, std::size_t last) const {
    return phrases_[first * (words_ + 1) + last];
  }
  /// How many of the words [first, last) can be read as names or codes of the country or state of `place`.
  std::uint32_t explained(std::size_t first, std::size_t last, const Place& place) const;
  bool names_parent(std::size_t first, std::size_t last, const Place& place) const;
  bool may_stand_alone(std::size_t first, std::size_t last) const;

  const Gazetteer& gazetteer_;
  const Folded& query_;
  std::size_t words_;
  std::vector<Phrase> phrases_;
};

}  // namespace waypost::geo
