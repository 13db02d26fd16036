#include "geo/reading.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "geo/postal_key.hpp"
#include "geo/street_words.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t most_per_phrase = 2000;  // places of one name that are considered
constexpr double slack = 0.02;                 // costs nearer to each other than this are equal

Kind kind_of(const index::PlaceRecord& place) {
  return static_cast<Kind>(place.kind);
}

/// Whether two ascending lists share a place; the shorter one is walked.
bool intersect(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  if (a.size() > b.size()) std::swap(a, b);
  return std::ranges::any_of(a, [b](std::uint32_t place) { return contains(b, place); });
}

/// How far around a town's middle its name still says where something is.
double reach_m(std::uint32_t population) {
  constexpr double least = 4'000, of_people = 22, most = 60'000;
  return std::min(least + of_people * std::sqrt(static_cast<double>(population)), most);
}

}  // namespace

Reading::Reading(const Gazetteer& gazetteer, const Query& query, const Filter& filter, Effort effort)
    : gazetteer_(gazetteer),
      index_(gazetteer.view()),
      query_(query),
      filter_(filter),
      effort_(effort),
      unexplained_(query.all()) {
  constexpr std::size_t seldom_more = 8;
  candidates_.reserve(seldom_more);
}

std::vector<Candidate> Reading::read() {
  const bool has_streets = index_.has_streets();
  // A text with a number is most often an address: once its house is found, few places are worth a look.
  if (has_streets && query_.has_number()) streets_of_towns();
  read_places();
  const bool understood = best_cost_ < slack && !query_.unfinished();
  if (has_streets && !understood) read_streets();
  std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.place < b.place;
  });
  return std::move(candidates_);
}

double Reading::weight_of(Query::Mask words) const {
  double weight = 0;
  for (; words != 0; words &= words - 1)
    weight += query_.weight(static_cast<std::size_t>(std::countr_zero(words)));
  return weight;
}

bool Reading::is_worth(double cost) const {
  // Beyond the best one: what is typed may yet become something else.
  constexpr double worth_keeping = 0.4, worth_keeping_while_typed = 1;
  const double beyond = query_.unfinished() ? worth_keeping_while_typed : worth_keeping;
  return cost <= std::min(effort_.most_cost, best_cost_ + beyond);
}

void Reading::offer(Candidate candidate, Query::Mask explained) {
  const auto rests = query_.has_postal_codes() ? rests_of_codes(explained, candidate.place) : 0;
  const auto left = query_.all() & ~(explained | rests);
  if (rests != 0) {
    const auto* place = index_.place(candidate.place);
    candidate.cut_short |= place != nullptr && kind_of(*place) == Kind::postal_code;
  }
  if (candidate.cut_short) candidate.cost += cost::cut_short;
  candidate.unexplained = weight_of(left) + (query_.cut() ? 1 : 0);
  candidate.cost += candidate.unexplained;
  if (!is_worth(candidate.cost)) return;
  if (candidate.cost < best_cost_ - slack) unexplained_ = 0;
  if (candidate.cost < best_cost_ + slack) unexplained_ |= left;
  best_cost_ = std::min(best_cost_, candidate.cost);
  candidates_.push_back(std::move(candidate));
}

/// Words that go on where an explained postal code ends: the 1AA of SW1A 1AA, when the index knows only SW1A.
Query::Mask Reading::rests_of_codes(Query::Mask explained, std::uint32_t number) const {
  Query::Mask rests = 0;
  for (const auto& phrase : query_.phrases()) {
    const Query::Mask next = Query::Mask{1} << phrase.last;
    if (phrase.postal.empty() || phrase.last >= query_.size() || (explained & next) != 0) continue;
    if ((Query::mask(phrase) & ~explained) != 0) continue;
    const auto* place = index_.place(number);
    if (place != nullptr && extends_postal_code(country_code(*place), query_.word(phrase.last)))
      rests |= next;
  }
  return rests;
}

/// Whether a phrase may be the answer although other words were not understood: it stands at an edge of the
/// query or next to a comma, or beside digits, and says something.
bool Reading::may_stand_alone(const Phrase& phrase) const {
  if (phrase.size() == 1 &&
      (query_.word(phrase.first).size() < 3 || query_.word_role(phrase.first) != WordRole::name))
    return false;
  const bool open_left =
      phrase.first == 0 || query_.after_comma(phrase.first) || query_.has_digit(phrase.first - 1u);
  const bool open_right =
      phrase.last == query_.size() || query_.after_comma(phrase.last) || query_.has_digit(phrase.last);
  return open_left || open_right;
}

void Reading::consider(const Phrase& phrase, std::span<const std::uint32_t> places, bool completed) {
  if (places.empty()) return;
  const auto own = Query::mask(phrase);
  if (!is_worth(weight_of(query_.all() & ~(own | query_.of_parents())))) return;
  const bool whole = own == query_.all();
  const bool stands_alone = may_stand_alone(phrase);
  for (const auto number : places.first(std::min(places.size(), most_per_phrase))) {
    const auto* place = index_.place(number);
    if (place == nullptr || (role::of(kind_of(*place)) & phrase.roles) == 0) continue;
    if (!filter_.passes(*place, number)) continue;
    const bool cut_short = !phrase.rest.empty() && kind_of(*place) == Kind::postal_code;
    if (cut_short && !extends_postal_code(country_code(*place), phrase.rest)) continue;
    const auto around = whole ? Fit{} : surroundings(*place, number, {.own = own});
    const auto explained = own | around.mask;
    if (explained != query_.all() && !stands_alone) continue;
    const bool has_completed = completed || around.completed;
    offer({.place = number,
           .cost = around.cost + (has_completed ? cost::completion : 0),
           .completed = has_completed,
           .cut_short = cut_short,
           .house = std::nullopt},
          explained);
  }
}

std::string_view Reading::country_code(const index::PlaceRecord& place) const {
  const auto* country = index_.place(place.country);
  return country == nullptr ? std::string_view() : index_.text(country->code);
}

void Reading::read_places() {
  for (const auto& phrase : query_.phrases()) {
    consider(phrase, phrase.named, false);
    consider(phrase, phrase.postal, false);
    consider(phrase, phrase.completed, true);
    // A code names a place only when it is the whole query: "IL" is Illinois, "in" within a sentence is not
    // India.
    if (query_.size() == 1) consider(phrase, phrase.coded, false);
  }
  std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
    return a.place != b.place ? a.place < b.place : a.cost < b.cost;
  });
  const auto repeated = std::ranges::unique(candidates_, {}, &Candidate::place);
  candidates_.erase(repeated.begin(), repeated.end());
}

Reading::Fit Reading::surroundings(const index::PlaceRecord& place, std::uint32_t number, Taken taken) const {
  Fit fit;
  for (const auto& phrase : query_.phrases()) {
    const auto mask = Query::mask(phrase);
    if ((mask & taken.own) != 0) continue;
    if ((mask & ~(fit.mask | taken.explained)) == 0)
      continue;  // explained already, by a longer phrase or a better one
    bool completed = false;
    const auto found = fits(phrase, place, number, completed);
    if (!found) continue;
    fit.mask |= mask;
    fit.cost += *found;
    fit.completed |= completed;
  }
  return fit;
}

std::optional<std::uint32_t> Reading::fitting(std::string_view word, Query::Mask own) const {
  constexpr std::size_t most = 48;
  const auto lies_in_named = [&](std::uint32_t number) {
    const auto* place = index_.place(number);
    return place != nullptr && std::ranges::any_of(query_.phrases(), [&](const Phrase& phrase) {
             return (Query::mask(phrase) & own) == 0 &&
                    (names_parent(phrase.named, phrase.roles, *place, number) ||
                     names_parent(phrase.coded, phrase.roles, *place, number) ||
                     (!phrase.postal.empty() && has_code(phrase.postal, *place, number)));
           });
  };
  std::optional<std::uint32_t> best;
  for (const auto mark : {index::Mark::name, index::Mark::place_word}) {
    const auto all = index_.find(mark, word);
    const auto places = all.first(std::min(all.size(), most));
    const auto found = std::ranges::find_if(
        places, [&](std::uint32_t number) { return (best && number >= *best) || lies_in_named(number); });
    if (found != places.end() && (!best || *found < *best)) best = *found;
  }
  if (best || towns_.empty()) return best;
  const auto streets = index_.find(index::Mark::street_word, word);
  for (const auto& town : towns_) {
    const auto street = std::ranges::lower_bound(streets, town.begin);
    if (street != streets.end() && *street < town.end) return *street;
  }
  return std::nullopt;
}

std::optional<double> Reading::fits(const Phrase& phrase, const index::PlaceRecord& place,
                                    std::uint32_t number, bool& completed) const {
  if (names_parent(phrase.named, phrase.roles, place, number) ||
      names_parent(phrase.coded, phrase.roles, place, number)) {
    return 0;
  }
  if (kind_of(place) < Kind::locality) return std::nullopt;
  if (!phrase.postal.empty() && has_code(phrase.postal, place, number))
    return kind_of(place) == Kind::street ? 0 : cost::code_of_town;
  if (!phrase.completed.empty() && names_parent(phrase.completed, phrase.roles, place, number)) {
    completed = true;
    return 0;
  }
  return names_neighbour(phrase, place);
}

bool Reading::names_parent(std::span<const std::uint32_t> named, Roles roles, const index::PlaceRecord& place,
                           std::uint32_t number) const {
  if (named.empty()) return false;
  const auto names = [&](std::uint32_t parent, Roles needed) {
    return parent != number && (roles & needed) != 0 && contains(named, parent);
  };
  return names(place.country, role::country) || names(place.admin1, role::admin) ||
         names(place.locality, role::locality) || names(place.admin2, role::admin);
}

/// Whether one of the codes is among those of the place, or the beginning of one of them.
bool Reading::has_code(std::span<const std::uint32_t> codes, const index::PlaceRecord& place,
                       std::uint32_t number) const {
  const auto own = kind_of(place) == Kind::postal_code ? std::span(&number, 1) : index_.links(place);
  if (intersect(codes, own)) return true;
  constexpr std::size_t most_compared = 4, most_own = 64;
  return std::ranges::any_of(codes.first(std::min(codes.size(), most_compared)), [&](std::uint32_t code) {
    const auto* shorter = index_.place(code);
    return shorter != nullptr && shorter->country == place.country &&
           begins_one(*shorter, own.first(std::min(own.size(), most_own)));
  });
}

bool Reading::begins_one(const index::PlaceRecord& code, std::span<const std::uint32_t> codes) const {
  const auto country = country_code(code);
  if (!has_longer_postal_codes(country)) return false;
  const auto written = index_.text(code.name);
  const auto beginning = postal_key(written);
  return std::ranges::any_of(codes, [&](std::uint32_t number) {
    const auto* full = index_.place(number);
    if (full == nullptr || index_.text(full->name).size() <= written.size()) return false;
    const auto key = postal_key(index_.text(full->name));
    return key.starts_with(beginning) && extends_postal_code(country, key.substr(beginning.size()));
  });
}

/// A town that the phrase names, near by: one of the place's postal codes is also that town's, or the place
/// lies within its reach.
std::optional<double> Reading::names_neighbour(const Phrase& phrase, const index::PlaceRecord& place) const {
  if ((phrase.roles & role::locality) == 0) return std::nullopt;
  constexpr std::size_t most_looked_at = 32;
  constexpr double metres_per_e7 = 0.0111195;
  const auto links = index_.links(place);
  const LatLng here{place.lat_e7, place.lng_e7};
  for (const auto* list : {&phrase.named, &phrase.completed}) {
    for (const auto number : list->first(std::min(list->size(), most_looked_at))) {
      const auto* town = index_.place(number);
      if (town == nullptr || town == &place || town->country != place.country) continue;
      if (kind_of(*town) != Kind::locality && kind_of(*town) != Kind::sublocality) continue;
      const double reach = reach_m(town->population);
      const double north = std::abs(static_cast<double>(town->lat_e7) - place.lat_e7) * metres_per_e7;
      if (north > reach) continue;
      if (distance_m(here, {town->lat_e7, town->lng_e7}) <= reach) return cost::nearby;
      if (kind_of(place) == Kind::street && intersect(links, index_.links(*town))) return cost::nearby;
    }
  }
  return std::nullopt;
}

}  // namespace waypost::geo
