#include "waypost/geo/search.hpp"

#include <algorithm>
#include <cmath>

#include "geo/address.hpp"
#include "geo/filter.hpp"
#include "geo/fold.hpp"
#include "geo/reading.hpp"
#include "geo/regions.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

/// Results under this share of the first one's importance are left out, unless asked for.
constexpr std::uint32_t much_smaller = 20;
constexpr double area_radius_m = 300'000;  // beyond it the nearest town says nothing of the country

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

  double weight(const Place& place) const {
    constexpr double for_countries = 1, for_region = 2, for_bounds = 3, for_focus = 3, focus_scale_m = 50'000;
    double weight = std::log10(1.0 + place.importance);
    if (place.kind == Kind::country) weight += for_countries;
    if (region_ != no_place && place.country == region_) weight += for_region;
    if (query_.bounds && query_.bounds->contains(place.location)) weight += for_bounds;
    if (query_.focus) weight += for_focus / (1 + distance_m(*query_.focus, place.location) / focus_scale_m);
    return weight;
  }

 private:
  const ForwardQuery& query_;
  PlaceNumber region_ = no_place;
};

std::vector<Candidate> read(const Gazetteer& gazetteer, const std::string& text, const Filter& filter,
                            MatchKind& match, std::size_t& words) {
  const auto folded = fold_words(text);
  const Reading reading(gazetteer, folded);
  words = folded.words.size();
  const auto passing = [&](std::vector<Candidate> candidates) {
    std::erase_if(candidates, [&](const Candidate& c) { return !filter.passes(gazetteer.place(c.place)); });
    return candidates;
  };
  match = MatchKind::exact;
  auto candidates = reading.complete();
  // Words that are understood but contradict the filters find nothing: a filter never merely biases.
  if (!candidates.empty()) return passing(std::move(candidates));
  match = MatchKind::partial;
  return passing(reading.partial());
}

void keep_comparable(const Gazetteer& gazetteer, const ForwardQuery& query, std::vector<Hit>& hits) {
  if (!query.also_much_smaller && hits.size() > 1) {
    const auto least = gazetteer.place(hits.front().place).importance / much_smaller;
    std::erase_if(hits, [&](const Hit& hit) { return gazetteer.place(hit.place).importance < least; });
  }
  if (hits.size() > query.limit) hits.resize(query.limit);
}

Answer answer_for(const GazetteerPtr& gazetteer, std::string_view language) {
  Answer answer;
  answer.gazetteer = gazetteer;
  answer.languages = gazetteer->languages(language);
  return answer;
}

/// The town a point most likely belongs to. Large towns reach further than small ones: the Eiffel Tower is
/// nearer to the middle of Neuilly than to that of Paris.
std::optional<Gazetteer::Near> town_at(const Gazetteer& gazetteer, std::span<const Gazetteer::Near> near,
                                       double radius_m) {
  constexpr double reach = 0.2;  // the power of the population that distances are measured against
  constexpr std::uint32_t least_people = 1'000;
  std::optional<Gazetteer::Near> best;
  double best_distance = 0;
  for (const auto& candidate : near) {
    if (candidate.distance_m > radius_m) break;
    const auto place = gazetteer.place(candidate.number);
    if (place.kind != Kind::locality) continue;
    const double distance = candidate.distance_m / std::pow(std::max(place.population, least_people), reach);
    if (!best || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

/// The nearest quarter of a town, when it is near enough to say something.
std::optional<Gazetteer::Near> quarter_at(const Gazetteer& gazetteer, std::span<const Gazetteer::Near> near,
                                          double town_distance_m) {
  constexpr double radius_m = 3'000;
  for (const auto& candidate : near) {
    if (candidate.distance_m > std::min(radius_m, town_distance_m)) break;
    if (gazetteer.place(candidate.number).kind == Kind::sublocality) return candidate;
  }
  return std::nullopt;
}

bool passes(const ReverseQuery& query, const Place& place) {
  if (!query.kinds.empty() && std::ranges::find(query.kinds, place.kind) == query.kinds.end()) return false;
  if (!query.location_types.empty() &&
      std::ranges::find(query.location_types, LocationType::approximate) == query.location_types.end()) {
    return false;
  }
  return query.result_types.empty() || std::ranges::any_of(query.result_types, [&](const std::string& type) {
           const auto types = google_types(place.kind);
           return std::ranges::find(types, type) != types.end();
         });
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

Kind kind_of(const Gazetteer& gazetteer, const Hit& hit) {
  return hit.house ? Kind::house : gazetteer.place(hit.place).kind;
}

LatLng location_of(const Gazetteer& gazetteer, const Hit& hit) {
  return hit.house ? hit.house->location : gazetteer.place(hit.place).location;
}

LocationType location_type_of(const Gazetteer& gazetteer, const Hit& hit) {
  if (hit.house) return hit.house->interpolated ? LocationType::range_interpolated : LocationType::rooftop;
  return gazetteer.place(hit.place).kind == Kind::street ? LocationType::geometric_center
                                                         : LocationType::approximate;
}

std::string place_id_of(const Gazetteer& gazetteer, const Hit& hit) {
  PlaceRef ref{.key = gazetteer.place(hit.place).key, .house = std::nullopt};
  if (hit.house && !hit.house->interpolated) {
    const auto code = hit.house->postal_code;
    ref.house = house_hash(fold(hit.house->number),
                           code == no_place ? std::string_view() : gazetteer.place(code).name);
  }
  return place_id(ref);
}

Answer geocode(const GazetteerPtr& gazetteer, const ForwardQuery& query) {
  auto answer = answer_for(gazetteer, query.language);
  const Filter filter(*gazetteer, query.filters);
  MatchKind match = MatchKind::exact;
  std::size_t words = 0;
  std::vector<Candidate> candidates;
  if (query.text.empty()) {
    for (const auto number : filter.named()) candidates.push_back({.place = number});
  } else if (!filter.impossible()) {
    candidates = read(*gazetteer, query.text, filter, match, words);
  }
  const Biases biases(*gazetteer, query);
  if (biases.any()) {
    std::vector<std::pair<double, Candidate>> weighed;
    for (const auto& c : candidates) weighed.emplace_back(biases.weight(gazetteer->place(c.place)), c);
    std::ranges::sort(weighed, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second.place < b.second.place;
    });
    std::ranges::transform(weighed, candidates.begin(), [](const auto& w) { return w.second; });
  }
  for (const auto& candidate : candidates) {
    const double score = match == MatchKind::exact ? 1 : 0.9 * candidate.words / static_cast<double>(words);
    answer.hits.push_back({.place = candidate.place,
                           .house = {},
                           .match = match,
                           .score = score,
                           .distance_m = {},
                           .parts = {}});
  }
  keep_comparable(*gazetteer, query, answer.hits);
  answer.status = answer.hits.empty() ? Status::zero_results : Status::ok;
  return answer;
}

Answer reverse(const GazetteerPtr& gazetteer, const ReverseQuery& query) {
  auto answer = answer_for(gazetteer, query.language);
  answer.point = query.point;
  constexpr std::size_t looked_at = 64;
  Gazetteer::Near near[looked_at];
  const auto count = gazetteer->nearest(query.point, std::max(query.radius_m, area_radius_m), near);
  const auto add = [&](PlaceNumber number, double metres) {
    if (number == no_place || answer.hits.size() >= query.limit) return;
    if (passes(query, gazetteer->place(number))) {
      answer.hits.push_back({.place = number, .house = {}, .distance_m = metres, .parts = {}});
    }
  };
  const auto within = std::span(near).first(count);
  const auto town = town_at(*gazetteer, within, query.radius_m);
  // From the most exact hit up: the quarter when one is nearer, the town, its state, its country.
  if (std::ranges::find(query.kinds, Kind::locality) != query.kinds.end()) {
    for (const auto& [number, metres] : within) {
      if (metres <= query.radius_m) add(number, metres);
    }
  } else {
    const auto quarter = quarter_at(*gazetteer, within, town ? town->distance_m : query.radius_m);
    if (quarter) add(quarter->number, quarter->distance_m);
    if (town) add(town->number, town->distance_m);
  }
  if (count > 0) {
    const auto nearest = gazetteer->place(town ? town->number : near[0].number);
    const auto distance_to = [&](PlaceNumber number) {
      return number == no_place ? 0 : distance_m(query.point, gazetteer->place(number).location);
    };
    add(nearest.admin1, distance_to(nearest.admin1));
    add(nearest.country, distance_to(nearest.country));
  }
  answer.status = answer.hits.empty() ? Status::zero_results : Status::ok;
  return answer;
}

Answer place(const GazetteerPtr& gazetteer, const PlaceQuery& query) {
  auto answer = answer_for(gazetteer, query.language);
  const auto ref = parse_place_id(query.place_id);
  if (!ref) {
    answer.status = Status::invalid_request;
    answer.error_message = "Invalid request. Invalid 'place_id' parameter.";
    return answer;
  }
  const auto number = gazetteer->find(ref->key);
  answer.status = number && !ref->house ? Status::ok : Status::not_found;
  if (answer.status == Status::ok)
    answer.hits.push_back({.place = *number, .house = {}, .distance_m = {}, .parts = {}});
  return answer;
}

}  // namespace waypost::geo
