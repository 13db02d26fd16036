#include "geo/ranking.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cmath>
#include <compare>

#include "geo/fold.hpp"
#include "geo/regions.hpp"

namespace waypost::geo {
namespace {

constexpr double for_region = 2, for_bounds = 3, for_focus = 3, focus_scale_m = 50'000;
constexpr double of_power = 0.05;  // what ten times the importance is worth, when a letter is worth 0.25
constexpr double most_powers = 9;

bool is_street(const index::PlaceRecord& place) {
  return place.kind == static_cast<std::uint8_t>(Kind::street);
}

/// Readings whose costs fall into one class are equally good: importance decides among them.
long class_of(double cost) {
  constexpr double classes_per_word = 25;
  return static_cast<long>(cost * classes_per_word + 0.5);
}

/// Whether a folded text has these words, one after the other.
bool has_words(std::string_view text, std::string_view words) {
  if (words.empty()) return false;
  for (auto at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1)) {
    const auto end = at + words.size();
    if ((at == 0 || text[at - 1] == ' ') && (end == text.size() || text[end] == ' ')) return true;
  }
  return false;
}

/// Sorts as `rank` promises.
void sort(const Gazetteer& gazetteer, const Preference& preference, std::vector<Candidate>& candidates) {
  if (candidates.size() < 2) return;
  struct Key {
    long of_class;
    double bias;
    std::uint32_t place;
    std::size_t at;
    auto operator<=>(const Key&) const = default;
  };
  constexpr std::size_t seldom_more = 24;
  boost::container::small_vector<Key, seldom_more> keys;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto number = candidates[i].place;
    const auto* place = gazetteer.view().place(number);
    const double bias = preference.has_biases() && place != nullptr ? -preference.weight(*place) : 0;
    keys.push_back(
        {.of_class = class_of(preference.rank_cost(candidates[i])), .bias = bias, .place = number, .at = i});
  }
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys, {}, &Key::place);
  keys.erase(repeated.begin(), repeated.end());
  if (keys.size() == candidates.size() && std::ranges::is_sorted(keys, {}, &Key::at)) return;
  std::vector<Candidate> sorted;
  sorted.reserve(keys.size());
  for (const auto& key : keys) sorted.push_back(std::move(candidates[key.at]));
  candidates = std::move(sorted);
}

/// Of equally good readings a place whose own name the query has comes before a larger one that only is
/// called so elsewhere (Florencia before Florence), unless that is very much larger (Rome before Roma). What
/// is misspelt is more likely to be what a place is called than one of its many other names.
void prefer_own_names(const Gazetteer& gazetteer, std::string_view text, const LanguageChain& languages,
                      Understood& understood) {
  constexpr std::size_t looked_at = 12;
  constexpr std::uint64_t very_much_larger = 8, very_much_larger_than_misspelt = 40;
  auto& candidates = understood.candidates;
  if (candidates.size() < 2 || class_of(candidates[1].cost) != class_of(candidates[0].cost)) return;
  const auto is_own = [&](const Candidate& candidate) {
    const auto asked = candidate.respelt == 0 ? text : understood.texts[candidate.respelt - 1];
    const auto own = gazetteer.place(candidate.place).name,
               shown = gazetteer.name(candidate.place, languages);
    return has_words(asked, fold(own)) || (shown != own && has_words(asked, fold(shown)));
  };
  const auto importance = [&](const Candidate& candidate) -> std::uint64_t {
    const auto* place = gazetteer.view().place(candidate.place);
    return place == nullptr ? 0 : place->importance;
  };
  const auto& first = candidates.front();
  const bool misspelt = first.errors > 0;
  const auto kind = gazetteer.place(first.place).kind;
  if ((!misspelt && kind < Kind::locality) || kind == Kind::street || is_own(first)) return;
  const auto end = std::find_if(
      candidates.begin(), candidates.begin() + static_cast<long>(std::min(candidates.size(), looked_at)),
      [&](const Candidate& other) { return class_of(other.cost) != class_of(first.cost); });
  const auto own = std::find_if(candidates.begin() + 1, end, [&](const Candidate& other) {
    const bool is_area = gazetteer.place(other.place).kind < Kind::locality;
    return !(is_area && kind >= Kind::locality) && is_own(other);  // New York is the city first
  });
  const auto factor = misspelt ? very_much_larger_than_misspelt : very_much_larger;
  if (own == end || importance(*own) * factor < importance(first)) return;
  std::rotate(candidates.begin(), own, own + 1);
}

/// Keeps, of equally good readings, those that are not much smaller than the first.
void keep_comparable(const Gazetteer& gazetteer, const ForwardQuery& query, bool unfinished,
                     std::vector<Candidate>& candidates) {
  constexpr std::uint32_t much_smaller = 20;
  if (candidates.empty()) return;
  const auto best = class_of(candidates.front().cost);
  const auto importance = [&](const Candidate& candidate) {
    const auto* place = gazetteer.view().place(candidate.place);
    return place == nullptr || is_street(*place) ? UINT32_MAX : place->importance;
  };
  const auto first = importance(candidates.front());
  const auto least = first == UINT32_MAX ? 0 : first / much_smaller;
  std::erase_if(candidates, [&](const Candidate& candidate) {
    if (!unfinished && class_of(candidate.cost) > best) return true;
    return !query.also_much_smaller && importance(candidate) < least;
  });
}

}  // namespace

Preference::Preference(const Gazetteer& gazetteer, const ForwardQuery& query)
    : index_(gazetteer.view()), query_(query) {
  if (query.region.empty()) return;
  const auto folded = fold(country_of_region(query.region));
  for (const auto number : gazetteer.coded(folded)) {
    if (gazetteer.place(number).kind == Kind::country) region_ = number;
  }
}

double Preference::lift(const index::PlaceRecord& place) const {
  double lift = 0;
  const LatLng here{.lat_e7 = place.lat_e7, .lng_e7 = place.lng_e7};
  if (region_ != no_place && place.country == region_) lift += for_region;
  if (query_.bounds && query_.bounds->contains(here)) lift += for_bounds;
  if (query_.focus) lift += for_focus / (1 + distance_m(*query_.focus, here) / focus_scale_m);
  return lift;
}

double Preference::weight(const index::PlaceRecord& place) const {
  constexpr double for_countries = 1;
  const bool is_country = place.kind == static_cast<std::uint8_t>(Kind::country);
  return std::log10(1.0 + place.importance) + (is_country ? for_countries : 0) +
         (has_biases() ? lift(place) : 0);
}

double Preference::bias_share(const index::PlaceRecord& place) const {
  return lift(place) / (for_region + for_bounds + for_focus);
}

double Preference::unlikely(double weight, std::size_t errors) const {
  return of_power * (std::max(0.0, most_powers - weight) + static_cast<double>(errors - 1));
}

double Preference::rank_cost(const Candidate& candidate) const {
  const auto* place = index_.place(candidate.place);
  if (candidate.errors == 0 || place == nullptr) return candidate.cost;
  if (!is_street(*place)) return candidate.cost + unlikely(weight(*place), candidate.errors);
  // A house is as likely as its town is, less that it is but one; a street alone is seldom asked for.
  const auto* town = index_.place(place->locality);
  const double power = candidate.house && town != nullptr ? weight(*town) - 1 : 0;
  return candidate.cost + unlikely(power, candidate.errors);
}

double Preference::least_rank_cost(double cost, std::size_t errors, const index::PlaceRecord& place) const {
  if (!is_street(place)) return cost + unlikely(weight(place), errors);
  const auto* town = index_.place(place.locality);
  return cost + unlikely(town == nullptr ? 0 : weight(*town) - 1, errors);
}

void rank(const Gazetteer& gazetteer, const ForwardQuery& query, const QueryText& text,
          const Preference& preference, const LanguageChain& languages, Understood& understood) {
  sort(gazetteer, preference, understood.candidates);
  if (!preference.has_biases()) prefer_own_names(gazetteer, text.folded.text, languages, understood);
  keep_comparable(gazetteer, query, text.unfinished, understood.candidates);
}

}  // namespace waypost::geo
