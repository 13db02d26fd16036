#include "geo/reading.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace waypost::geo {
namespace {

constexpr std::size_t most_words = 24;         // of a query; what follows is not read
constexpr std::size_t most_phrase_words = 8;   // of a name
constexpr std::size_t most_per_phrase = 2000;  // places of one name that are considered

bool contains(std::span<const PlaceNumber> sorted, PlaceNumber place) {
  return place != no_place && std::ranges::binary_search(sorted, place);
}

/// Words so common in addresses that, left alone, they say nothing of a town that bears them.
bool is_common_word(std::string_view word) {
  static constexpr std::array<std::string_view, 33> words = {
      "and",   "ave",    "avenue", "blvd", "boulevard", "center", "centre", "central", "city",
      "court", "de",     "del",    "der",  "drive",     "east",   "el",     "la",      "lane",
      "le",    "new",    "north",  "of",   "place",     "plaza",  "rd",     "road",    "rue",
      "south", "square", "st",     "str",  "street",    "west"};
  return std::ranges::find(words, word) != words.end();
}

void add_once(std::vector<Candidate>& out, std::unordered_set<PlaceNumber>& seen,
              const Candidate& candidate) {
  if (seen.insert(candidate.place).second) out.push_back(candidate);
}

}  // namespace

Reading::Reading(const Gazetteer& gazetteer, const Folded& query)
    : gazetteer_(gazetteer), query_(query), words_(std::min(query.words.size(), most_words)) {
  phrases_.resize((words_ + 1) * (words_ + 1));
  for (std::size_t first = 0; first < words_; ++first) {
    for (auto last = first + 1; last <= std::min(words_, first + most_phrase_words); ++last) {
      const auto text = query.phrase(first, last);
      auto& found = phrases_[first * (words_ + 1) + last];
      found.named = gazetteer.named(text);
      if (last == first + 1 && text.size() <= 4) found.coded = gazetteer.coded(text);
    }
  }
}

bool Reading::names_parent(std::size_t first, std::size_t last, const Place& place) const {
  const auto& found = phrase(first, last);
  const auto is_named = [&](PlaceNumber parent) {
    return contains(found.named, parent) || contains(found.coded, parent);
  };
  return (place.admin1 != place.number && is_named(place.admin1)) ||
         (place.country != place.number && is_named(place.country));
}

std::uint32_t Reading::explained(std::size_t first, std::size_t last, const Place& place) const {
  // best[i]: the most words of [first, first + i) that phrases explain.
  std::array<std::uint32_t, most_words + 1> best{};
  for (std::size_t end = 1; end <= last - first; ++end) {
    best[end] = best[end - 1];
    for (std::size_t begin = end > most_phrase_words ? end - most_phrase_words : 0; begin < end; ++begin) {
      const auto with = best[begin] + static_cast<std::uint32_t>(end - begin);
      if (with > best[end] && names_parent(first + begin, first + end, place)) best[end] = with;
    }
  }
  return best[last - first];
}

std::vector<Candidate> Reading::complete() const {
  std::vector<Candidate> out;
  if (query_.words.size() > words_) return out;  // not every word was read
  std::unordered_set<PlaceNumber> seen;
  for (auto length = std::min(words_, most_phrase_words); length > 0; --length) {
    for (std::size_t first = 0; first + length <= words_; ++first) {
      const auto last = first + length;
      const auto own = static_cast<std::uint32_t>(length);
      for (const auto number :
           phrase(first, last).named.first(std::min(most_per_phrase, phrase(first, last).named.size()))) {
        if (length < words_) {
          const auto place = gazetteer_.place(number);
          if (explained(0, first, place) != first || explained(last, words_, place) != words_ - last)
            continue;
        }
        add_once(out, seen,
                 {.place = number, .words = static_cast<std::uint32_t>(words_), .phrase_words = own});
      }
    }
  }
  // A code names a place only when it is the whole query: "IL" is Illinois, "in" within a sentence is not
  // India.
  if (words_ == 1) {
    for (const auto number : phrase(0, 1).coded)
      add_once(out, seen, {.place = number, .words = 1, .phrase_words = 1});
  }
  std::ranges::sort(out, {}, &Candidate::place);
  return out;
}

/// Whether a phrase may be the answer although other words were not understood: it stands at an edge of the
/// query or next to a comma, or beside digits, and says something.
bool Reading::may_stand_alone(std::size_t first, std::size_t last) const {
  const auto text = query_.phrase(first, last);
  if (last == first + 1 && (text.size() < 3 || is_common_word(text))) return false;
  const auto is_digits = [this](std::size_t word) {
    return std::ranges::any_of(query_.phrase(word, word + 1), [](char c) { return c >= '0' && c <= '9'; });
  };
  const bool open_left = first == 0 || query_.words[first].after_comma || is_digits(first - 1);
  const bool open_right = last == words_ || query_.words[last].after_comma || is_digits(last);
  return open_left || open_right;
}

std::vector<Candidate> Reading::partial() const {
  constexpr std::size_t considered = 100;
  std::vector<Candidate> all;
  for (std::size_t first = 0; first < words_; ++first) {
    for (auto last = first + 1; last <= std::min(words_, first + most_phrase_words); ++last) {
      const auto named = phrase(first, last).named;
      if (named.empty() || !may_stand_alone(first, last)) continue;
      for (const auto number : named.first(std::min(considered, named.size()))) {
        const auto place = gazetteer_.place(number);
        const auto own = static_cast<std::uint32_t>(last - first);
        all.push_back({.place = number,
                       .words = own + explained(0, first, place) + explained(last, words_, place),
                       .phrase_words = own});
      }
    }
  }
  std::ranges::sort(all, [](const Candidate& a, const Candidate& b) {
    if (a.words != b.words) return a.words > b.words;
    if (a.phrase_words != b.phrase_words) return a.phrase_words > b.phrase_words;
    return a.place < b.place;
  });
  std::vector<Candidate> out;
  std::unordered_set<PlaceNumber> seen;
  for (const auto& candidate : all) {
    if (candidate.words < all.front().words || candidate.phrase_words < all.front().phrase_words) break;
    add_once(out, seen, candidate);
  }
  return out;
}

}  // namespace waypost::geo
