#include "geo/query.hpp"

#include <algorithm>
#include <bit>

#include "geo/postal_key.hpp"
#include "geo/street_name.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

using index::Mark;

constexpr std::size_t most_unfinished_words = 5;
constexpr std::size_t most_phrase_words = 8;  // of a name
constexpr std::size_t most_postal_words = 3;  // of a postal code: "SW1A 1AA"
constexpr std::size_t longest_code = 4;       // bytes of an ISO code or abbreviation

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

void QueryText::append(std::string_view folded_word, bool after_comma, Roles allowed) {
  if (!folded.text.empty()) folded.text += ' ';
  const auto begin = static_cast<std::uint32_t>(folded.text.size());
  folded.text += folded_word;
  folded.words.push_back(
      {.begin = begin, .end = static_cast<std::uint32_t>(folded.text.size()), .after_comma = after_comma});
  roles.push_back(allowed);
}

void QueryText::add(std::string_view utf8, Roles allowed) {
  auto part = fold_words(utf8);
  if (folded.words.empty()) {
    roles.assign(part.words.size(), allowed);
    folded = std::move(part);
    return;
  }
  for (const auto& word : part.words) {
    append(std::string_view(part.text).substr(word.begin, word.end - word.begin), word.after_comma, allowed);
  }
}

QueryText QueryText::with(std::size_t first, std::size_t last, std::string_view folded_words) const {
  QueryText out;
  out.unfinished = unfinished;
  out.folded.text.reserve(folded.text.size() + folded_words.size());
  out.folded.words.reserve(folded.words.size() + 1);
  out.roles.reserve(folded.words.size() + 1);
  const auto copy = [&](std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i)
      out.append(folded.phrase(i, i + 1), folded.words[i].after_comma, roles[i]);
  };
  copy(0, first);
  bool after_comma = folded.words[first].after_comma;
  for (const auto word : text::split(folded_words, ' ')) {
    out.append(word, after_comma, roles[first]);
    after_comma = false;
  }
  copy(last, folded.words.size());
  return out;
}

Query::Query(const IndexView& index, const QueryText& text)
    : index_(index), text_(text), words_(std::min(text.folded.words.size(), most_words)) {
  for (std::size_t i = 0; i < words_; ++i) {
    if (digit_in(word(i))) digits_ |= Mask{1} << i;
    word_roles_[i] = role_of(word(i));
    if (word_roles_[i] == WordRole::street_type) types_ |= Mask{1} << i;
  }
  for (std::size_t i = 0; i < words_; ++i) {
    weights_[i] = weigh(i);
    if (has_digit(i) || (i > 0 && (numbers_ >> (i - 1) & 1) != 0 && may_follow_number(i)))
      numbers_ |= Mask{1} << i;
  }
  for (std::size_t first = 0; first < words_; ++first) read_phrases(first);
}

bool Query::may_follow_number(std::size_t i) const {
  constexpr std::size_t longest = 8;  // bytes: "литера" is not, "литВ", "bis" and "a" are
  return !after_comma(i) && word(i).size() <= longest;
}

Query::Mask Query::unknown() const {
  Mask words = all() & ~(parents_ | numbers_ | types_);
  if (unfinished()) words &= ~(Mask{1} << (words_ - 1));
  for (auto left = words; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (word_roles_[i] != WordRole::name || !streets_with(i).empty()) words &= ~(Mask{1} << i);
  }
  return words;
}

/// The phrases that begin with the word. Most that have several words are no name, since two of them follow
/// each other in none.
void Query::read_phrases(std::size_t first) {
  MayBe may_be;
  for (auto last = first + 1; last <= std::min(words_, first + most_phrase_words); ++last) {
    const auto size = last - first;
    const bool begun = text_.unfinished && last == words_;  // its last word may become any
    if (size > 1 && !begun && !index_.may_be_neighbours(text(last - 2, last))) {
      may_be.name = false;
      // Streets are listed without "street", which may stand anywhere.
      if ((types_ >> (last - 2) & 3) == 0) may_be.street = false;
    }
    if (!may_be.name && !may_be.street && size > most_postal_words) return;
    read_phrase(first, last, may_be);
  }
}

void Query::read_phrase(std::size_t first, std::size_t last, MayBe may_be) {
  const auto text = text_.folded.phrase(first, last);
  Phrase phrase{
      .first = static_cast<std::uint8_t>(first), .last = static_cast<std::uint8_t>(last), .roles = role::any};
  bool digits = false;
  for (auto i = first; i < last; ++i) {
    phrase.roles &= text_.roles[i];
    digits |= has_digit(i);
  }
  if (phrase.roles == 0) return;
  if (may_be.name) phrase.named = index_.find(Mark::name, text);
  if (last == first + 1 && text.size() <= longest_code) phrase.coded = index_.find(Mark::code, text);
  if (digits && last - first <= most_postal_words) read_code(phrase, text);
  if (may_be.street && index_.has_streets()) {
    const bool typed = (types_ & mask(phrase)) != 0;
    phrase.streets = typed ? index_.find(Mark::street, street_core(text)) : index_.find(Mark::street, text);
  }
  if (text_.unfinished && last == words_ && last - first <= most_unfinished_words)
    complete(phrase, text, may_be);
  const bool of_parent =
      !phrase.named.empty() || !phrase.coded.empty() || !phrase.postal.empty() || !phrase.completed.empty();
  if (of_parent) parents_ |= mask(phrase);
  postal_codes_ |= !phrase.postal.empty();
  if (!phrase.postal.empty() && last < words_) parents_ |= Mask{1} << last;
  if (of_parent || !phrase.streets.empty()) phrases_.push_back(phrase);
}

void Query::read_code(Phrase& phrase, std::string_view text) const {
  if (phrase.size() > 1) {
    std::string joined(text);
    std::erase(joined, ' ');
    phrase.postal = index_.find(Mark::postal_code, joined);
    return;
  }
  phrase.postal = index_.find(Mark::postal_code, text);
  constexpr std::size_t least_before = 2;
  for (const auto& rest : {text.substr(text.size() - std::min<std::size_t>(text.size(), 3)),
                           text.substr(text.size() - std::min<std::size_t>(text.size(), 2))}) {
    const auto beginning = text.substr(0, text.size() - rest.size());
    if (!phrase.postal.empty() || beginning.size() < least_before || !may_extend_postal_code(rest)) continue;
    phrase.postal = index_.find(Mark::postal_code, beginning);
    phrase.rest = rest;
  }
}

/// What the phrase may become when its last word goes on.
void Query::complete(Phrase& phrase, std::string_view text, MayBe may_be) {
  const auto list = [&](Mark mark, std::string_view beginning) {
    std::vector<std::uint32_t> places(index::most_top_places);
    places.resize(index_.best(mark, beginning, places));
    completions_.push_back(std::move(places));
    return std::span<const std::uint32_t>(completions_.back());
  };
  if (may_be.name) phrase.completed = list(Mark::name, text);
  if (may_be.street && index_.has_streets() && phrase.streets.size() < index::most_top_places)
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

}  // namespace waypost::geo
