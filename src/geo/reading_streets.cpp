#include <algorithm>
#include <array>
#include <bit>

#include "geo/reading.hpp"
#include "geo/street_name.hpp"
#include "geo/street_words.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t most_towns = 192;      // whose streets are looked into
constexpr std::size_t most_of_phrase = 64;   // towns of one name
constexpr std::size_t most_judged = 96;      // streets of one query
constexpr std::size_t first_of_list = 24;    // streets of a name taken when no town is known
constexpr std::size_t most_scanned = 1'500;  // streets of a name looked at for a state or country
constexpr std::size_t most_of_word = 48;     // streets of a town with one of the words

std::span<const std::uint32_t> between(std::span<const std::uint32_t> ascending, std::uint32_t begin,
                                       std::uint32_t end) {
  const auto first = std::ranges::lower_bound(ascending, begin);
  const auto last = std::lower_bound(first, ascending.end(), end);
  return {first, last};
}

}  // namespace

/// Towns first: the streets of one are a range of every list of streets.
void Reading::read_streets() {
  if (!query_.has_number()) streets_of_towns();
  if (best_cost_ >= cost::of_partial) streets_elsewhere();
  constexpr double good_enough = 0.06;
  if (effort_.thorough && (best_cost_ > good_enough || query_.unfinished())) streets_by_word();
}

void Reading::gather_towns() {
  codes_.assign(filter_.codes().begin(), filter_.codes().end());
  for (const auto& phrase : query_.phrases())
    codes_.insert(codes_.end(), phrase.postal.begin(), phrase.postal.end());
  std::ranges::sort(codes_);
  const auto add_all = [this](std::span<const std::uint32_t> places) {
    for (const auto number : places.first(std::min(places.size(), most_of_phrase))) add_town(number);
  };
  add_all(filter_.towns());
  for (const auto& phrase : query_.phrases()) {
    for (const auto code : phrase.postal.first(std::min<std::size_t>(phrase.postal.size(), 8))) {
      const auto* place = index_.place(code);
      if (place != nullptr && (phrase.roles & role::postal_code) != 0) add_all(index_.links(*place));
    }
    if ((phrase.roles & role::locality) == 0) continue;
    add_all(phrase.named);
    add_all(phrase.completed);
  }
}

void Reading::add_town(std::uint32_t number) {
  const auto* place = index_.place(number);
  if (place == nullptr || place->kind > static_cast<std::uint8_t>(Kind::sublocality)) return;
  const auto add = [this](const index::PlaceRecord& town) {
    if (town.kind != static_cast<std::uint8_t>(Kind::locality) || town.parts_count == 0) return;
    if (towns_.size() >= most_towns) return;
    const auto known = [&](const Town& other) { return other.begin == town.parts_begin; };
    if (std::ranges::any_of(towns_, known)) return;
    towns_.push_back({.begin = town.parts_begin, .end = town.parts_begin + town.parts_count});
  };
  add(*place);
  if (const auto* around = index_.place(place->streets_of)) add(*around);
}

void Reading::streets_of_towns() {
  gather_towns();
  for (const auto& phrase : query_.phrases()) {
    if (phrase.streets.empty() || (phrase.roles & role::street) == 0) continue;
    for (const auto& [begin, end] : towns_) {
      for (const auto street : between(phrase.streets, begin, end)) judge_street(street);
    }
  }
}

/// No town helps: the most important streets of the name, and those of a state or country that is named.
void Reading::streets_elsewhere() {
  for (const auto& phrase : query_.phrases()) {
    if (phrase.streets.empty() || (phrase.roles & role::street) == 0) continue;
    const auto own = Query::mask(phrase);
    const auto scanned = phrase.streets.first(std::min(phrase.streets.size(), most_scanned));
    for (std::size_t i = 0; i < scanned.size(); ++i) {
      const auto* street = index_.place(scanned[i]);
      if (street == nullptr || !filter_.passes(*street, scanned[i])) continue;
      const bool in_area =
          i < first_of_list || std::ranges::any_of(
                                   query_.phrases(),
                                   [&](const Phrase& other) {
                                     return (Query::mask(other) & own) == 0 &&
                                            (names_parent(other.named, other.roles, *street, scanned[i]) ||
                                             names_parent(other.coded, other.roles, *street, scanned[i]));
                                   });
      if (in_area) judge_street(scanned[i]);
    }
  }
}

/// Streets that share only some of the words: those with the rarest one, in each town, else anywhere.
void Reading::streets_by_word() {
  const auto judge_rarest = [this](std::uint32_t begin, std::uint32_t end, std::size_t most) {
    std::array<std::span<const std::uint32_t>, 2> rarest;
    for (std::size_t i = 0; i < query_.size(); ++i) {
      if ((query_.roles(i) & role::street) == 0 || query_.word_role(i) != WordRole::name) continue;
      auto list = between(query_.streets_with(i), begin, end);
      if (list.empty()) continue;
      for (auto& kept : rarest) {
        if (kept.empty() || list.size() < kept.size()) std::swap(kept, list);
        if (list.empty()) break;
      }
    }
    for (const auto& list : rarest) {
      for (const auto street : list.first(std::min(list.size(), most))) judge_street(street);
    }
  };
  for (const auto& [begin, end] : towns_) judge_rarest(begin, end, most_of_word);
  if (best_cost_ > cost::of_partial) judge_rarest(0, index_.places(), first_of_list);
}

/// Which words of the query the street's name has, in whatever order, and what it has besides.
Reading::Words Reading::street_words(std::uint32_t number, const index::PlaceRecord& street) const {
  Words words;
  const StreetName name(index_.text(street.code));
  std::size_t matched = 0;
  bool any_type = false, right_type = false;
  for (std::size_t i = 0; i < query_.size(); ++i) {
    if ((query_.roles(i) & role::street) == 0) continue;
    const auto word = query_.word(i);
    const bool is_type = query_.word_role(i) == WordRole::street_type;
    any_type |= is_type;
    // A word that comes more often in the query than in the name names something else: Boston Street, Boston.
    std::size_t before = 0;
    for (std::size_t j = 0; j < i; ++j) before += query_.word(j) == word;
    if (before > 0 && before >= name.count(word)) continue;
    const bool begins = query_.unfinished() && i + 1 == query_.size() &&
                        std::ranges::any_of(name.words(), [word](const StreetWord& own) {
                          return own.text.starts_with(word);
                        });
    const bool in_core =
        begins ||
        std::ranges::any_of(name.words(),
                            [word](const StreetWord& own) { return own.core && own.text == word; }) ||
        contains(query_.streets_with(i), number);
    if (!in_core && !(is_type && name.count(word) > 0)) continue;
    words.mask |= Query::Mask{1} << i;
    right_type |= is_type && word.size() > 1;
    if (!in_core) {
      right_type = true;
      continue;
    }
    words.named |= query_.word_role(i) == WordRole::name || is_type;
    ++matched;
  }
  std::size_t main = 0, small = 0;
  for (const auto& word : name.words()) {
    if (!word.core) continue;
    ++(word.role == WordRole::direction || word.role == WordRole::particle ? small : main);
  }
  words.named |= main == 0 && matched > 0;
  const auto missing = main + small > matched ? main + small - matched : 0;
  const auto missing_small = std::min(missing, small);
  words.cost = static_cast<double>(missing_small) * cost::missing_type +
               static_cast<double>(missing - missing_small) * cost::missing_word;
  words.typed = !name.typed() || any_type;
  if (name.typed() && !right_type) words.cost += any_type ? cost::other_type : cost::missing_type;
  return words;
}

void Reading::judge_street(std::uint32_t number) {
  if (judged_.size() >= most_judged) return;
  const auto known = std::ranges::lower_bound(judged_, number);
  if (known != judged_.end() && *known == number) return;
  judged_.insert(known, number);
  const auto* street = index_.place(number);
  if (street == nullptr || street->kind != static_cast<std::uint8_t>(Kind::street)) return;
  if (!filter_.passes(*street, number)) return;
  const auto words = street_words(number, *street);
  if (!words.named) return;
  const auto beyond = query_.all() & ~(words.mask | query_.of_parents() | query_.of_numbers());
  if (!is_worth(words.cost + weight_of(beyond & ~query_.types()))) return;
  const auto around = surroundings(*street, number, {.own = 0, .explained = words.mask});
  Candidate candidate{.place = number, .cost = words.cost + around.cost, .house = std::nullopt};
  auto explained = words.mask | around.mask;
  // The last word stands for a longer one when the street has it only as a beginning.
  const auto last = query_.size() - 1;
  if (query_.unfinished() && (words.mask >> last & 1) != 0 && !contains(query_.streets_with(last), number)) {
    candidate.completed = true;
    candidate.cost += cost::completion;
  }
  // A type that the name has not, beside words that it has, is a word of the street all the same.
  for (std::size_t i = 0; i < query_.size(); ++i) {
    const bool beside = (i > 0 && (words.mask >> (i - 1) & 1) != 0) || (words.mask >> (i + 1) & 1) != 0;
    if (beside && query_.word_role(i) == WordRole::street_type && (explained >> i & 1) == 0) {
      explained |= Query::Mask{1} << i;
      candidate.cost += words.cost < cost::other_type ? cost::other_type : 0;
    }
  }
  add_house(*street, words.mask, explained, candidate);
  // "75004 Lyon" asks for no Lyon Avenue.
  const double left = weight_of(query_.all() & ~explained);
  if (around.mask == 0 && left >= (words.typed ? 1 : 0.5)) candidate.cost += cost::contradiction;
  offer(std::move(candidate), explained);
}

/// Where the words in neither mask have a house number: the one beside the street's name, else the first.
std::optional<Reading::NumberWords> Reading::number_words(Query::Mask words, Query::Mask explained) const {
  constexpr std::size_t most_before = 2, most_after = 6;
  const auto is_free = [&](std::size_t i) {
    return i < query_.size() && (explained >> i & 1) == 0 && (query_.roles(i) & role::street) != 0;
  };
  const auto may_be = [&](std::size_t i) {
    return is_free(i) && query_.has_digit(i) &&
           !(i > 0 && is_unit_word(query_.word(i - 1)) && query_.word(i - 1) != "no");
  };
  const auto beside = [&](std::size_t i) {
    return (i > 0 && (words >> (i - 1) & 1) != 0) || (words >> (i + 1) & 1) != 0;
  };
  std::size_t main = query_.size();
  for (std::size_t i = query_.size(); i-- > 0;) {
    if (may_be(i) && (main == query_.size() || beside(i) || !beside(main))) main = i;
  }
  if (main == query_.size()) return std::nullopt;
  // "809/11": the first of numbers that stand together.
  while (main > 0 && may_be(main - 1) && !query_.after_comma(main)) --main;
  NumberWords found{.begin = main, .main = main, .end = main + 1};
  while (found.begin > 0 && main - found.begin < most_before && may_be(found.begin - 1)) --found.begin;
  while (found.end < main + most_after && is_free(found.end) && query_.may_follow_number(found.end))
    ++found.end;
  return found;
}

void Reading::add_house(const index::PlaceRecord& street, Query::Mask words, Query::Mask& explained,
                        Candidate& candidate) const {
  const auto number = number_words(words, explained);
  if (!number) return;
  const auto houses = index_.houses(street);
  auto begin = number->main, end = number->main + 1;
  std::optional<FoundHouse> house;
  // "12 a", "3;4", "8 литВ": as many words as a house has.
  for (auto first = number->begin; first <= number->main && !house; ++first) {
    for (auto last = number->end; last > number->main && !house; --last) {
      house = exact_house(index_, houses, house_number(query_.text(first, last)), codes_);
      if (house) begin = first, end = last;
    }
  }
  const auto iso = country_code(street);
  for (auto i = number->main; i < number->end && !house; ++i) {
    if (!query_.has_digit(i) || (i > number->main && query_.after_comma(i))) break;
    house =
        near_house(index_, houses, house_number(query_.text(i, i + 1)), codes_, iso == "SK" || iso == "CZ");
  }
  if (!house) {
    candidate.cost += cost::no_house - query_.weight(number->main);
    return;
  }
  if (house->record == nullptr) candidate.cost += cost::interpolated;
  if (!codes_.empty() && house->postal_code != UINT32_MAX && !contains(codes_, house->postal_code))
    candidate.cost += cost::other_code;
  for (auto i = begin; i < end; ++i) explained |= Query::Mask{1} << i;
  // What is left of numbers beside the address is the flat's.
  constexpr std::size_t longest_flat = 4;
  for (std::size_t i = 1; i < query_.size(); ++i) {
    const bool beside = ((explained >> (i - 1)) & 1) != 0 && !query_.after_comma(i);
    const bool is_flat =
        query_.word(i).size() == 1 || (query_.has_digit(i) && query_.word(i).size() <= longest_flat);
    if (!beside || !is_flat || (explained >> i & 1) != 0) continue;
    explained |= Query::Mask{1} << i;
    candidate.cost += cost::interpolated;
  }
  candidate.house = std::move(house);
}

}  // namespace waypost::geo
