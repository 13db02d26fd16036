#include "geo/address.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "geo/regions.hpp"

namespace waypost::geo {
namespace {

constexpr std::array<std::array<std::string_view, 2>, 11> types = {{
    {"country", "political"},
    {"administrative_area_level_1", "political"},
    {"administrative_area_level_2", "political"},
    {"administrative_area_level_3", "political"},
    {"administrative_area_level_4", "political"},
    {"administrative_area_level_5", "political"},
    {"locality", "political"},
    {"political", "sublocality"},
    {"postal_code"},
    {"route"},
    {"street_address"},
}};
constexpr std::array<std::string_view, 3> sublocality_types = {"political", "sublocality",
                                                               "sublocality_level_1"};

/// The country as the last line of an address has it.
std::string_view country_line(const Place& country, std::string_view name, std::string_view language) {
  if (language == "en" && country.code == "US") return "USA";
  if (language == "en" && country.code == "GB") return "UK";
  if (language == "de" && country.code == "US") return "USA";
  return name;
}

/// Chinese, Japanese and Korean write from the large to the small.
struct Order {
  bool large_first = false;
  std::string_view after_country, between;
};
Order order_of(std::string_view language, std::string_view country) {
  if (language == "ja")
    return {.large_first = true, .after_country = country == "JP" ? "、" : " ", .between = ""};
  if (language.starts_with("zh")) return {.large_first = true, .after_country = "", .between = ""};
  if (language == "ko") return {.large_first = true, .after_country = " ", .between = " "};
  return {};
}

/// Half the height of a town's viewport, in metres: a density of about 3,000 people a square kilometre.
double half_height_m(const Place& place) {
  if (place.kind < Kind::locality) return 25'000;
  const double people = std::max<double>(place.population, 1'000);
  const double smallest = place.kind == Kind::sublocality ? 500 : 1'000;
  return std::clamp(std::sqrt(people / 3'000 / 3.1416) * 1'000, smallest, 40'000.0);
}

}  // namespace

std::span<const std::string_view> google_types(Kind kind) {
  if (kind == Kind::sublocality) return sublocality_types;
  const std::span<const std::string_view> of =
      types[std::min(static_cast<std::size_t>(kind), types.size() - 1)];
  return of.back().empty() ? of.first(1) : of;
}

Lineage lineage(const Gazetteer& gazetteer, const Place& place) {
  Lineage out;
  out.places[out.size++] = place;
  if (place.admin1 != no_place && place.admin1 != place.number)
    out.places[out.size++] = gazetteer.place(place.admin1);
  if (place.country != no_place && place.country != place.number) {
    out.places[out.size++] = gazetteer.place(place.country);
  }
  return out;
}

std::string_view short_name(const Place& place, std::string_view long_name) {
  return place.code.empty() ? long_name : place.code;
}

void append_formatted_address(std::string& out, const Gazetteer& gazetteer, const Place& place,
                              const LanguageChain& languages) {
  const auto name = gazetteer.name(place.number, languages);
  if (place.kind == Kind::country || place.country == no_place) {
    out += name;
    return;
  }
  if (name == gazetteer.name(place.country, languages)) {  // "Singapore"
    out += name;
    return;
  }
  const auto country = gazetteer.place(place.country);
  const auto last = country_line(country, gazetteer.name(place.country, languages), languages.tag);
  auto habit =
      place.kind == Kind::admin1 || place.admin1 == no_place ? StateHabit::none : state_habit(country.code);
  std::string_view state;
  if (habit != StateHabit::none) {
    const auto admin1 = gazetteer.place(place.admin1);
    state = gazetteer.name(place.admin1, languages);
    if (habit != StateHabit::full && languages.tag == "en") state = short_name(admin1, state);
    if (state == name) habit = StateHabit::none;  // "São Paulo, Brazil"
  }
  const auto order = order_of(languages.tag, country.code);
  if (order.large_first) {
    out += last;
    out += order.after_country;
    if (habit != StateHabit::none) {
      out += state;
      out += order.between;
    }
    out += name;
    return;
  }
  out += name;
  if (habit != StateHabit::none) {
    out += habit == StateHabit::abbreviated_no_comma ? " " : ", ";
    out += state;
  }
  out += ", ";
  out += last;
}

Bounds viewport(const Place& place) {
  if (place.bounds) return *place.bounds;
  constexpr double metres_per_degree = 111'195;
  constexpr std::int64_t full_circle = 3'600'000'000, half_circle = 1'800'000'000;
  const double lat = half_height_m(place) / metres_per_degree;
  const double lng = std::min(lat / std::max(std::cos(place.location.lat() * 3.14159265 / 180), 0.01), 179.0);
  const auto wrapped = [](std::int64_t value) {
    if (value > half_circle) value -= full_circle;
    if (value < -half_circle) value += full_circle;
    return static_cast<std::int32_t>(value);
  };
  const auto clamped = [](double degrees) {
    return static_cast<std::int32_t>(std::lround(std::clamp(degrees, -90.0, 90.0) * 1e7));
  };
  const auto lng_e7 = static_cast<std::int64_t>(std::llround(lng * 1e7));
  return {.southwest = {.lat_e7 = clamped(place.location.lat() - lat),
                        .lng_e7 = wrapped(place.location.lng_e7 - lng_e7)},
          .northeast = {.lat_e7 = clamped(place.location.lat() + lat),
                        .lng_e7 = wrapped(place.location.lng_e7 + lng_e7)}};
}

}  // namespace waypost::geo
