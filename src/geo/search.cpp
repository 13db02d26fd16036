#include "waypost/geo/search.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "geo/filter.hpp"
#include "geo/fold.hpp"
#include "geo/houses.hpp"
#include "geo/plus_code_search.hpp"
#include "geo/regions.hpp"
#include "geo/respelling.hpp"
#include "waypost/geo/lookup_figures.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

/// Results under this share of the first one's importance are left out, unless asked for.
constexpr std::uint32_t much_smaller = 20;

/// What a query would rather have. Each bias lifts a place by some powers of ten of importance; none adds a
/// place.
class Biases {
 public:
  Biases(const Gazetteer& gazetteer, const ForwardQuery& query) : query_(query) {
    if (query.region.empty()) return;
    const auto folded = fold(country_of_region(query.region));
    for (const auto number : gazetteer.coded(folded)) {
      if (gazetteer.place(number).kind == Kind::country) region_ = number;
    }
  }

  bool any() const { return region_ != no_place || query_.bounds || query_.focus; }

  double lift(const Place& place) const {
    double lift = 0;
    if (region_ != no_place && place.country == region_) lift += for_region;
    if (query_.bounds && query_.bounds->contains(place.location)) lift += for_bounds;
    if (query_.focus) lift += for_focus / (1 + distance_m(*query_.focus, place.location) / focus_scale_m);
    return lift;
  }

  double weight(const Place& place) const {
    constexpr double for_countries = 1;
    return std::log10(1.0 + place.importance) + (place.kind == Kind::country ? for_countries : 0) +
           lift(place);
  }

  /// Of what a place can be lifted by, from 0 to 1.
  double share(const Place& place) const { return lift(place) / (for_region + for_bounds + for_focus); }

 private:
  static constexpr double for_region = 2, for_bounds = 3, for_focus = 3, focus_scale_m = 50'000;

  const ForwardQuery& query_;
  PlaceNumber region_ = no_place;
};

/// "Königstra" is on its way to "Königstraße", which the index holds as "konig st": only "konig" is searched
/// for.
void leave_out_suffix(const IndexView& index, QueryText& text) {
  if (text.folded.words.empty()) return;
  const auto last = text.folded.words.size() - 1;
  const auto word = text.folded.phrase(last, last + 1);
  constexpr std::size_t least_before = 3;
  for (const std::string_view begun : {"strass", "stras", "stra", "plat", "pla", "st"}) {
    if (word.size() < begun.size() + least_before || !word.ends_with(begun)) continue;
    const auto stem = std::string(word.substr(0, word.size() - begun.size()));
    if (index.find(index::Mark::street_word, stem).empty()) continue;
    const auto names = index.beginning_with(index::Mark::name, word);
    if (names.first == names.second) text = text.with(last, last + 1, stem);
    return;
  }
}

std::vector<Candidate> candidates_of(const Gazetteer& gazetteer, const ForwardQuery& query,
                                     const Filter& filter, QueryText& text) {
  if (filter.impossible()) return {};
  if (!query.parts.empty()) {
    text.add(query.parts.street, role::street);
    text.add(query.parts.locality, role::locality);
    text.add(query.parts.admin, role::admin);
    text.add(query.parts.postal_code, role::postal_code);
    text.add(query.parts.country, role::country);
  } else {
    text.add(query.text, role::any);
  }
  if (text.unfinished) leave_out_suffix(gazetteer.view(), text);
  if (!text.folded.words.empty()) return understand(gazetteer, text, filter);
  std::vector<Candidate> candidates;
  if (query.text.empty()) {
    for (const auto number : filter.named()) candidates.push_back({.place = number, .house = std::nullopt});
  }
  return candidates;
}

/// Readings whose costs fall into one class are equally good: importance decides among them.
long class_of(const Candidate& candidate) {
  constexpr double classes_per_word = 25;
  return std::lround(candidate.cost * classes_per_word);
}

MatchKind match_of(const Candidate& candidate) {
  const double of_errors = cost::error * static_cast<double>(candidate.errors);
  if (candidate.unexplained >= cost::of_partial || candidate.cost - of_errors >= 2 * cost::of_partial)
    return MatchKind::partial;
  if (candidate.errors > 0) return MatchKind::fuzzy;
  return candidate.completed ? MatchKind::prefix : MatchKind::exact;
}

Hit hit_of(const Gazetteer& gazetteer, Candidate& candidate, std::size_t words) {
  const auto& index = gazetteer.view();
  Hit hit{.place = candidate.place, .house = {}, .match = match_of(candidate), .distance_m = {}, .parts = {}};
  const double of_all = static_cast<double>(std::max<std::size_t>(words, 1));
  hit.score = std::clamp(1 - candidate.cost / of_all, 0.01, hit.match == MatchKind::exact ? 1.0 : 0.99);
  hit.parts.completeness = std::clamp(1 - candidate.unexplained / of_all, 0.0, 1.0);
  hit.parts.match = std::clamp(1 - (candidate.cost - candidate.unexplained) / of_all, 0.0, 1.0);
  const double rank =
      static_cast<double>(candidate.place) / std::max(1.0, static_cast<double>(gazetteer.size()));
  hit.parts.importance = 1 - rank;
  if (candidate.house) {
    const auto* record = candidate.house->record;
    hit.house = HouseHit{
        .number = record == nullptr ? candidate.house->number : std::string(index.text(record->text)),
        .location = candidate.house->location,
        .postal_code = candidate.house->postal_code,
        .interpolated = record == nullptr};
  }
  return hit;
}

/// Best first: by class of cost, then by what the query would rather have, then by importance.
void rank(const Gazetteer& gazetteer, const Biases& biases, std::vector<Candidate>& candidates) {
  struct Key {
    long of_class;
    double bias;
    std::uint32_t place;
    std::size_t at;
  };
  std::vector<Key> keys;
  keys.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto place = candidates[i].place;
    const double bias = biases.any() ? -biases.weight(gazetteer.place(place)) : 0;
    keys.push_back({.of_class = class_of(candidates[i]), .bias = bias, .place = place, .at = i});
  }
  std::ranges::sort(keys, [](const Key& a, const Key& b) {
    return std::tie(a.of_class, a.bias, a.place, a.at) < std::tie(b.of_class, b.bias, b.place, b.at);
  });
  const auto repeated = std::ranges::unique(keys, {}, &Key::place);
  keys.erase(repeated.begin(), repeated.end());
  std::vector<Candidate> ranked;
  ranked.reserve(keys.size());
  for (const auto& key : keys) ranked.push_back(std::move(candidates[key.at]));
  candidates = std::move(ranked);
}

/// Of equally good readings a place whose own name the query has comes before a larger one that only is
/// called so elsewhere (Florencia before Florence), unless that is very much larger (Rome before Roma).
void prefer_own_names(const Gazetteer& gazetteer, const QueryText& text, const LanguageChain& languages,
                      std::vector<Candidate>& candidates) {
  constexpr std::size_t looked_at = 12;
  constexpr std::uint64_t very_much_larger = 8;
  if (candidates.size() < 2 || class_of(candidates[1]) != class_of(candidates[0])) return;
  const auto asked = ' ' + text.folded.text + ' ';
  const auto is_own = [&](const Candidate& candidate) {
    const auto place = gazetteer.place(candidate.place);
    return asked.contains(' ' + fold(place.name) + ' ') ||
           asked.contains(' ' + fold(gazetteer.name(candidate.place, languages)) + ' ');
  };
  const auto importance = [&](const Candidate& candidate) -> std::uint64_t {
    const auto* place = gazetteer.view().place(candidate.place);
    return place == nullptr ? 0 : place->importance;
  };
  const auto best = class_of(candidates.front());
  auto end = candidates.begin();
  while (end != candidates.end() && class_of(*end) == best &&
         end - candidates.begin() < static_cast<long>(looked_at))
    ++end;
  if (gazetteer.place(candidates.front().place).kind < Kind::locality || is_own(candidates.front())) return;
  const auto own = std::find_if(candidates.begin() + 1, end, is_own);
  if (own == end || importance(*own) * very_much_larger < importance(candidates.front())) return;
  std::rotate(candidates.begin(), own, own + 1);
}

/// The hits of an answer: of equally good readings those that are not much smaller than the first.
void keep_comparable(const Gazetteer& gazetteer, const ForwardQuery& query, bool unfinished,
                     std::vector<Candidate>& candidates) {
  if (candidates.empty()) return;
  const auto best = class_of(candidates.front());
  const auto importance = [&](const Candidate& candidate) {
    const auto* place = gazetteer.view().place(candidate.place);
    return place == nullptr || place->kind == static_cast<std::uint8_t>(Kind::street) ? UINT32_MAX
                                                                                      : place->importance;
  };
  const auto least =
      importance(candidates.front()) == UINT32_MAX ? 0 : importance(candidates.front()) / much_smaller;
  std::erase_if(candidates, [&](const Candidate& candidate) {
    if (!unfinished && class_of(candidate) > best) return true;
    return !query.also_much_smaller && importance(candidate) < least;
  });
}

Answer answer_for(const GazetteerPtr& gazetteer, std::string_view language) {
  Answer answer;
  answer.gazetteer = gazetteer;
  answer.languages = gazetteer->languages(language);
  return answer;
}

Answer forward(const GazetteerPtr& gazetteer, const ForwardQuery& query, bool unfinished) {
  auto answer = answer_for(gazetteer, query.language);
  const Filter filter(*gazetteer, query.filters);
  QueryText text;
  text.unfinished = unfinished;
  auto candidates = candidates_of(*gazetteer, query, filter, text);
  const Biases biases(*gazetteer, query);
  rank(*gazetteer, biases, candidates);
  if (!biases.any()) prefer_own_names(*gazetteer, text, answer.languages, candidates);
  keep_comparable(*gazetteer, query, unfinished, candidates);
  for (auto& candidate : candidates) {
    if (answer.hits.size() >= query.limit) break;
    auto hit = hit_of(*gazetteer, candidate, text.folded.words.size());
    if (biases.any()) hit.parts.bias = biases.share(gazetteer->place(hit.place));
    if (filter.admits(kind_of(*gazetteer, hit), location_of(*gazetteer, hit),
                      hit.house ? hit.house->postal_code : no_place)) {
      answer.hits.push_back(std::move(hit));
    }
  }
  answer.status = answer.hits.empty() ? Status::zero_results : Status::ok;
  return answer;
}

/// The house of a street with this hash.
std::optional<HouseHit> house_with(const Gazetteer& gazetteer, PlaceNumber street, std::uint32_t hash) {
  const auto count = gazetteer.place(street).houses;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto house = gazetteer.house(street, i);
    const auto code =
        house.postal_code == no_place ? std::string_view() : gazetteer.place(house.postal_code).name;
    if (house_hash(fold(house.number), code) != hash) continue;
    return HouseHit{
        .number = std::string(house.number), .location = house.location, .postal_code = house.postal_code};
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::zero_results:
      return "ZERO_RESULTS";
    case Status::not_found:
      return "NOT_FOUND";
    case Status::invalid_request:
      return "INVALID_REQUEST";
  }
  return "UNKNOWN_ERROR";
}

Answer geocode(const GazetteerPtr& gazetteer, const ForwardQuery& query) {
  auto cell = geocode_plus_code(gazetteer, query);
  Answer answer = cell ? *std::move(cell) : forward(gazetteer, query, false);
  note_lookup(LookupKind::forward, !answer.hits.empty());
  return answer;
}

Answer autocomplete(const GazetteerPtr& gazetteer, const ForwardQuery& query) {
  auto cell = geocode_plus_code(gazetteer, query);
  Answer answer = cell ? *std::move(cell) : forward(gazetteer, query, true);
  note_lookup(LookupKind::autocomplete, !answer.hits.empty());
  return answer;
}

namespace {

Answer find_place(const GazetteerPtr& gazetteer, const PlaceQuery& query) {
  if (auto cell = plus_code_place(gazetteer, query)) return *std::move(cell);
  auto answer = answer_for(gazetteer, query.language);
  const auto ref = parse_place_id(query.place_id);
  if (!ref) {
    answer.status = Status::invalid_request;
    answer.error_message = "Invalid request. Invalid 'place_id' parameter.";
    return answer;
  }
  answer.status = Status::not_found;
  const auto number = gazetteer->find(ref->key);
  if (!number) return answer;
  Hit hit{.place = *number, .house = {}, .distance_m = {}, .parts = {}};
  if (ref->house) {
    hit.house = house_with(*gazetteer, *number, *ref->house);
    if (!hit.house) return answer;
  }
  answer.hits.push_back(std::move(hit));
  answer.status = Status::ok;
  return answer;
}

}  // namespace

Answer place(const GazetteerPtr& gazetteer, const PlaceQuery& query) {
  Answer answer = find_place(gazetteer, query);
  note_lookup(LookupKind::place, !answer.hits.empty());
  return answer;
}

}  // namespace waypost::geo
