#include <algorithm>
#include <array>
#include <cmath>

#include "geo/address.hpp"
#include "geo/index_view.hpp"
#include "geo/polygons.hpp"
#include "geo/spatial.hpp"
#include "waypost/geo/lookup_figures.hpp"
#include "waypost/geo/search.hpp"

namespace waypost::geo {
namespace {

constexpr double area_radius_m =
    300'000;  // without shapes the nearest town farther off says nothing of the country
constexpr double house_radius_m = 200;  // a house farther off is not where the point is
constexpr double code_radius_m = 10'000;
constexpr double rough_border_m = 3'000;
constexpr double beside_m = 30;  // houses besides the nearest one that may be meant
constexpr std::size_t most_houses = 5;
constexpr std::size_t areas_above = 6;  // what the house lies in, from the street to the country
constexpr std::size_t looked_at = 64, looked_at_houses = 16;

Kind kind_of(const index::PlaceRecord& place) {
  return static_cast<Kind>(place.kind);
}

/// The town a point most likely belongs to. Large towns reach further than small ones: the Eiffel Tower is
/// nearer to the middle of Neuilly than to that of Paris.
std::optional<Gazetteer::Near> town_at(const IndexView& index, std::span<const Gazetteer::Near> near,
                                       double radius_m) {
  constexpr double reach = 0.2;  // the power of the population that distances are measured against
  constexpr std::uint32_t least_people = 1'000;
  std::optional<Gazetteer::Near> best;
  double best_distance = 0;
  for (const auto& candidate : near) {
    if (candidate.distance_m > radius_m) break;
    const auto* place = index.place(candidate.number);
    if (place == nullptr || kind_of(*place) != Kind::locality) continue;
    const double distance = candidate.distance_m / std::pow(std::max(place->population, least_people), reach);
    if (!best || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

/// The nearest quarter of a town, when it is near enough to say something.
std::optional<Gazetteer::Near> quarter_at(const IndexView& index, std::span<const Gazetteer::Near> near,
                                          double town_distance_m) {
  constexpr double radius_m = 3'000;
  for (const auto& candidate : near) {
    if (candidate.distance_m > std::min(radius_m, town_distance_m)) break;
    const auto* place = index.place(candidate.number);
    if (place != nullptr && kind_of(*place) == Kind::sublocality) return candidate;
  }
  return std::nullopt;
}

bool is_wanted(const ReverseQuery& query, Kind kind, LocationType type) {
  if (!query.kinds.empty() && std::ranges::find(query.kinds, kind) == query.kinds.end()) return false;
  if (!query.location_types.empty() &&
      std::ranges::find(query.location_types, type) == query.location_types.end())
    return false;
  return query.result_types.empty() ||
         std::ranges::any_of(query.result_types, [&](const std::string& wanted) {
           const auto types = google_types(kind);
           return std::ranges::find(types, wanted) != types.end();
         });
}

bool asks_for(const ReverseQuery& query, Kind kind) {
  return std::ranges::find(query.kinds, kind) != query.kinds.end();
}

/// Gathers the hits for one point, from the most exact one up.
class Surroundings {
 public:
  Surroundings(const Gazetteer& gazetteer, const ReverseQuery& query, std::vector<Hit>& hits)
      : gazetteer_(gazetteer), index_(gazetteer.view()), query_(query), hits_(hits) {}

  void run() {
    areas();
    houses();
    towns();
    add(admin1_);
    add(country_);
  }

 private:
  double metres_to(LatLng location) const { return distance_m(query_.point, location); }

  void add(PlaceNumber number) {
    const auto* place = index_.place(number);
    if (place == nullptr || hits_.size() >= query_.limit) return;
    Hit hit{
        .place = number, .house = {}, .distance_m = metres_to({place->lat_e7, place->lng_e7}), .parts = {}};
    if (is_wanted(query_, kind_of(*place), location_type_of(gazetteer_, hit)))
      hits_.push_back(std::move(hit));
  }

  /// What the shapes say. `shaped_` when there are any: then no town is asked.
  void areas() {
    const auto section = gazetteer_.polygons();
    shaped_ = !section.empty();
    if (!shaped_) return;
    const auto found = PolygonView(section).at(query_.point);
    if (found.country != 0) country_ = gazetteer_.find(found.country).value_or(no_place);
    if (found.admin1 != 0) admin1_ = gazetteer_.find(found.admin1).value_or(no_place);
    if (found.border_m < rough_border_m) ask_a_town();
  }

  /// Beside a border, which shapes draw roughly, a town that is very near knows better; not what only a file
  /// of postal codes calls a town.
  void ask_a_town() {
    std::array<Gazetteer::Near, 1> near;
    if (gazetteer_.nearest(query_.point, rough_border_m, near) == 0) return;
    const auto town = gazetteer_.place(near.front().number);
    if (town.country == no_place || town.country == country_ || town.population == 0) return;
    country_ = town.country;
    admin1_ = town.admin1;
  }

  /// The nearest house and the others beside the point, since the door that is meant need not be the nearest;
  /// then the street of the first.
  void houses() {
    const auto tree = index_.array<index::SpatialNode>(index::Section::house_spatial);
    const auto all = index_.array<index::HouseRecord>(index::Section::houses);
    std::array<spatial::Found, looked_at> found;
    const bool only_houses = asks_for(query_, Kind::house);
    const auto count = spatial::nearest(tree, query_.point, std::min(query_.radius_m, house_radius_m),
                                        std::span(found).first(only_houses ? looked_at : looked_at_houses));
    PlaceNumber street = no_place;
    std::size_t added = 0;
    for (const auto& near : std::span(found).first(count)) {
      if (near.place >= all.size()) continue;
      const auto& house = all[near.place];
      if (street == no_place) {
        street = house.street;
        code_ = house.postal_code;
      } else if (!only_houses && (added >= most_houses || hits_.size() + areas_above >= query_.limit ||
                                  metres_to({house.lat_e7, house.lng_e7}) > beside_m)) {
        break;
      }
      if (add_house(house)) ++added;
    }
    if (street == no_place || street >= gazetteer_.size()) return;
    add(street);
    const auto place = gazetteer_.place(street);
    town_ = place.locality;
    if (country_ == no_place) country_ = place.country;
    if (admin1_ == no_place) admin1_ = place.admin1;
  }

  /// Whether it is a hit: another entrance of one that is there is none.
  bool add_house(const index::HouseRecord& house) {
    if (hits_.size() >= query_.limit || !is_wanted(query_, Kind::house, LocationType::rooftop)) return false;
    const auto number = index_.text(house.text);
    const bool known = std::ranges::any_of(hits_, [&](const Hit& hit) {
      return hit.place == house.street && hit.house && hit.house->number == number;
    });
    if (known) return false;
    const LatLng location{house.lat_e7, house.lng_e7};
    Hit hit{.place = house.street, .house = {}, .distance_m = metres_to(location), .parts = {}};
    hit.house = HouseHit{.number = std::string(number),
                         .location = location,
                         .postal_code = house.postal_code < gazetteer_.size() ? house.postal_code : no_place};
    hits_.push_back(std::move(hit));
    return true;
  }

  void towns() {
    std::array<Gazetteer::Near, looked_at> near;
    auto count = gazetteer_.nearest(
        query_.point, shaped_ ? query_.radius_m : std::max(query_.radius_m, area_radius_m), near);
    // Their records lie all over the index: asked for together they come in at once.
    for (const auto& town : std::span(near).first(count)) __builtin_prefetch(index_.place(town.number));
    // A town across the border is not the point's, however near.
    const auto is_abroad = [this](const Gazetteer::Near& town) {
      const auto* place = index_.place(town.number);
      return place == nullptr || (country_ != no_place && place->country != country_);
    };
    const auto kept =
        std::remove_if(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(count), is_abroad);
    count = static_cast<std::size_t>(kept - near.begin());
    const auto within = std::span(near).first(count);
    const auto nearest = town_at(index_, within, query_.radius_m);
    const bool by_house = town_ != no_place;
    if (!by_house && nearest) town_ = nearest->number;
    if (asks_for(query_, Kind::locality)) {
      if (by_house) add(town_);
      for (const auto& town : within) {
        if (town.distance_m <= query_.radius_m && !(by_house && town.number == town_)) add(town.number);
      }
    } else {
      const auto quarter = quarter_at(index_, within, nearest ? nearest->distance_m : query_.radius_m);
      if (quarter) add(quarter->number);
      postal_code();
      add(town_);
    }
    if (asks_for(query_, Kind::locality)) postal_code();
    settle_areas(within);
  }

  /// The code of the house, else the nearest of the country.
  void postal_code() {
    if (code_ == no_place) {
      const auto tree = index_.array<index::SpatialNode>(index::Section::code_spatial);
      std::array<spatial::Found, 8> found;
      const auto count =
          spatial::nearest(tree, query_.point, std::min(query_.radius_m, code_radius_m), found);
      for (const auto& near : std::span(found).first(count)) {
        const auto* place = index_.place(near.place);
        if (place == nullptr || (country_ != no_place && place->country != country_)) continue;
        code_ = near.place;
        break;
      }
    }
    if (code_ < gazetteer_.size()) add(code_);
  }

  /// Without shapes the town, else the nearest one within reach, tells the state and the country.
  void settle_areas(std::span<const Gazetteer::Near> within) {
    const auto teller = town_ != no_place ? town_ : within.empty() ? no_place : within.front().number;
    if (teller == no_place) return;
    const auto place = gazetteer_.place(teller);
    if (country_ == no_place && !shaped_) country_ = place.country;
    if (admin1_ == no_place && place.country == country_ && (!shaped_ || town_ != no_place))
      admin1_ = place.admin1;
  }

  const Gazetteer& gazetteer_;
  const IndexView& index_;
  const ReverseQuery& query_;
  std::vector<Hit>& hits_;
  PlaceNumber country_ = no_place, admin1_ = no_place, town_ = no_place, code_ = no_place;
  bool shaped_ = false;
};

}  // namespace

Answer reverse(const GazetteerPtr& gazetteer, const ReverseQuery& query) {
  Answer answer;
  answer.gazetteer = gazetteer;
  answer.languages = gazetteer->languages(query.language);
  answer.point = query.point;
  answer.hits.reserve(std::min(query.limit, most_houses + areas_above));
  Surroundings(*gazetteer, query, answer.hits).run();
  answer.status = answer.hits.empty() ? Status::zero_results : Status::ok;
  note_lookup(LookupKind::reverse, !answer.hits.empty());
  return answer;
}

}  // namespace waypost::geo
