#include "geo/query.hpp"

#include <algorithm>

#include "geo/postal_key.hpp"
#include "geo/street_name.hpp"

namespace waypost::geo {
namespace {

using index::Mark;

constexpr std::size_t most_unfinished_words = 5;
constexpr std::size_t most_phrase_words = 8;  // of a name
constexpr std::size_t most_postal_words = 3;  // of a postal code: "SW1A 1AA"
constexpr std::size_t longest_code = 4;       // bytes of an ISO code or abbreviation
constexpr std::size_t most_completions = 96;  // places that an unfinished phrase may become

bool digit_in(std::string_view word) {
  return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Roles role::of(Kind kind) {
  switch (kind) {
    case Kind::country:
      return country;
    case Kind::locality:
    case Kind::sublocality:
      return locality;
    case Kind::postal_code:
      return postal_code;
    case Kind::street:
    case Kind::house:
      return street;
    default:
      return admin;
  }
}

void QueryText::add(std::string_view utf8, Roles allowed) {
  auto part = fold_words(utf8);
  if (folded.words.empty()) {
    roles.assign(part.words.size(), allowed);
    folded = std::move(part);
    return;
  }
  for (const auto& word : part.words) {
    if (!folded.text.empty()) folded.text += ' ';
    const auto begin = static_cast<std::uint32_t>(folded.text.size());
    folded.text += std::string_view(part.text).substr(word.begin, word.end - word.begin);
    folded.words.push_back({.begin = begin,
                            .end = static_cast<std::uint32_t>(folded.text.size()),
                            .after_comma = word.after_comma});
    roles.push_back(allowed);
  }
}

QueryText QueryText::with(std::size_t first, std::size_t last, std::string_view folded_words) const {
  QueryText out;
  out.unfinished = unfinished;
  const auto copy = [&](std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) {
      out.add(folded.phrase(i, i + 1), roles[i]);
      out.folded.words.back().after_comma = folded.words[i].after_comma;
    }
  };
  copy(0, first);
  const auto replaced = out.folded.words.size();
  out.add(folded_words, roles[first]);
  if (out.folded.words.size() > replaced)
    out.folded.words[replaced].after_comma = folded.words[first].after_comma;
  copy(last, folded.words.size());
  return out;
}

Query::Query(const IndexView& index, const QueryText& text)
    : index_(index), text_(text), words_(std::min(text.folded.words.size(), most_words)) {
  phrases_.reserve(16);
  for (std::size_t i = 0; i < words_; ++i) {
    if (digit_in(word(i))) digits_ |= Mask{1} << i;
    word_roles_[i] = role_of(word(i));
    if (word_roles_[i] == WordRole::street_type) types_ |= Mask{1} << i;
  }
  for (std::size_t i = 0; i < words_; ++i) weights_[i] = weigh(i);
  for (std::size_t first = 0; first < words_; ++first) {
    for (auto last = first + 1; last <= std::min(words_, first + most_phrase_words); ++last)
      read_phrase(first, last);
  }
}

void Query::read_phrase(std::size_t first, std::size_t last) {
  const auto text = text_.folded.phrase(first, last);
  Phrase phrase{
      .first = static_cast<std::uint8_t>(first), .last = static_cast<std::uint8_t>(last), .roles = role::any};
  bool digits = false;
  for (auto i = first; i < last; ++i) {
    phrase.roles &= text_.roles[i];
    digits |= has_digit(i);
  }
  if (phrase.roles == 0) return;
  phrase.named = index_.find(Mark::name, text);
  if (last == first + 1 && text.size() <= longest_code) phrase.coded = index_.find(Mark::code, text);
  if (digits && last - first <= most_postal_words) {
    if (last == first + 1) {
      phrase.postal = index_.find(Mark::postal_code, text);
    } else {
      std::string joined(text);
      std::erase(joined, ' ');
      phrase.postal = index_.find(Mark::postal_code, joined);
    }
  }
  if (index_.has_streets()) {
    const bool typed = (types_ & mask(phrase)) != 0;
    phrase.streets = typed ? index_.find(Mark::street, street_core(text)) : index_.find(Mark::street, text);
  }
  if (text_.unfinished && last == words_ && last - first <= most_unfinished_words) complete(phrase, text);
  if (!phrase.named.empty() || !phrase.coded.empty() || !phrase.postal.empty() || !phrase.completed.empty() ||
      !phrase.streets.empty()) {
    phrases_.push_back(phrase);
  }
}

/// What the phrase may become when its last word goes on.
void Query::complete(Phrase& phrase, std::string_view text) {
  const auto list = [&](Mark mark, std::string_view beginning) {
    std::vector<std::uint32_t> places(most_completions);
    places.resize(index_.best(index_.beginning_with(mark, beginning), places));
    completions_.push_back(std::move(places));
    return std::span<const std::uint32_t>(completions_.back());
  };
  phrase.completed = list(Mark::name, text);
  if (index_.has_streets() && phrase.streets.size() < most_completions)
    phrase.streets = list(Mark::street, street_core(text));
  if (phrase.last == phrase.first + 1 && has_digit(phrase.first))
    phrase.postal = list(Mark::postal_code, text);
}

std::span<const std::uint32_t> Query::streets_with(std::size_t i) const {
  if ((streets_looked_up_ >> i & 1) == 0) {
    streets_looked_up_ |= Mask{1} << i;
    streets_with_[i] = index_.find(Mark::street_word, word(i));
  }
  return streets_with_[i];
}

double Query::weigh(std::size_t i) const {
  constexpr double of_unit = 0.05, of_particle = 0.3, of_number = 0.7;
  const auto text = word(i);
  if (is_unit_word(text) || (i > 0 && is_unit_word(word(i - 1)) && (has_digit(i) || text.size() == 1)))
    return of_unit;
  if (has_digit(i)) return of_number;
  return word_roles_[i] == WordRole::name ? 1 : of_particle;
}

bool contains(std::span<const std::uint32_t> ascending, std::uint32_t place) {
  return place != UINT32_MAX && std::ranges::binary_search(ascending, place);
}

}  // namespace waypost::geo
