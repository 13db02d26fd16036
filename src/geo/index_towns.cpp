#include "geo/index_towns.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "geo/fold.hpp"
#include "geo/name_stem.hpp"
#include "geo/spatial.hpp"
#include "geo/text_hash.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

/// How far from its middle a town's addresses and codes may lie.
double reach_m(std::uint32_t population) {
  constexpr double least = 25'000, of_any = 10'000, of_people = 20;
  return std::max(least, of_any + of_people * std::sqrt(static_cast<double>(population)));
}

/// A row may name a town twice, in two scripts or with what it lies in: "Ивановци / Ivanovci", "Brignon
/// (Nendaz)". The first is the name to show.
std::vector<std::string_view> names_in(std::string_view written) {
  std::vector<std::string_view> names;
  const auto add = [&names](std::string_view name) {
    if (name = text::trim(name); !name.empty()) names.push_back(name);
  };
  for (std::size_t begin = 0; begin < written.size();) {
    const auto slash = std::min(written.find(" / ", begin), written.size());
    const auto name = written.substr(begin, slash - begin);
    const auto bracket = name.find('(');
    add(name.substr(0, bracket));
    if (bracket != std::string_view::npos) add(name);
    begin = slash + 3;
  }
  return names;
}

}  // namespace

IndexBuilder::Towns::Towns(IndexBuilder& builder) : builder_(builder) {
  const auto& texts = builder.texts_;
  const auto named_as = [&](std::uint32_t number, std::string_view name) {
    const Draft& draft = builder.drafts_[number];
    if (draft.dropped) return;
    if (draft.kind == Kind::admin1) {
      states_.emplace(name_key(draft.country_code, fold(name)), draft.admin1_code);
      if (const auto stem = area_stem(name); !stem.empty())
        states_.emplace(name_key(draft.country_code, fold(stem)), draft.admin1_code);
    }
    if (draft.kind == Kind::locality || draft.kind == Kind::sublocality) add(number, name);
  };
  for (std::uint32_t i = 0; i < builder.drafts_.size(); ++i) {
    const Draft& draft = builder.drafts_[i];
    named_as(i, texts.get(draft.name));
    if (draft.kind == Kind::locality && !draft.dropped) tree_.push_back(spatial::node(draft.location, i));
  }
  for (const Name& name : builder.names_) named_as(name.draft, texts.get(name.text));
  spatial::build(tree_);
}

std::uint64_t IndexBuilder::Towns::name_key(std::uint32_t country, std::string_view folded) const {
  return text_hash(country, folded);
}

void IndexBuilder::Towns::add(std::uint32_t draft, std::string_view name) {
  const auto key = name_key(builder_.drafts_[draft].country_code, fold(name));
  const auto [first, last] = by_name_.equal_range(key);
  if (std::none_of(first, last, [draft](const auto& entry) { return entry.second == draft; }))
    by_name_.emplace(key, draft);
}

std::uint32_t IndexBuilder::Towns::named(std::uint32_t country, std::string_view name, LatLng point) const {
  std::uint32_t best = none;
  double best_share = 1;  // of its reach
  const auto [first, last] = by_name_.equal_range(name_key(country, name));
  for (auto it = first; it != last; ++it) {
    const Draft& draft = builder_.drafts_[it->second];
    const double share = distance_m(draft.location, point) / reach_m(draft.population);
    if (share < best_share || (share == best_share && it->second < best)) {
      best = it->second;
      best_share = share;
    }
  }
  return best;
}

std::uint32_t IndexBuilder::Towns::nearest(std::uint32_t country, LatLng point) const {
  constexpr double radius_m = 30'000;
  std::array<spatial::Found, 16> found;
  for (const auto& near : std::span(found).first(spatial::nearest(tree_, point, radius_m, found))) {
    if (builder_.drafts_[near.place].country_code == country) return near.place;
  }
  return none;
}

/// The code of the state that a row names, else of the nearest town that has one.
std::uint32_t IndexBuilder::Towns::state_of(std::uint32_t country, std::string_view name,
                                            LatLng point) const {
  if (!name.empty()) {
    const auto known = states_.find(name_key(country, fold(names_in(name).front())));
    if (known != states_.end()) return known->second;
  }
  constexpr double radius_m = 150'000;
  std::array<spatial::Found, 16> found;
  for (const auto& near : std::span(found).first(spatial::nearest(tree_, point, radius_m, found))) {
    const Draft& town = builder_.drafts_[near.place];
    if (town.country_code == country && town.admin1_code != 0) return town.admin1_code;
  }
  return 0;
}

std::uint32_t IndexBuilder::Towns::find_or_make(std::uint32_t country, std::string_view name, LatLng point,
                                                std::string_view admin1, std::uint8_t source) {
  const auto names = names_in(name);
  if (names.empty()) return none;
  for (const auto one : names) {
    if (const auto known = named(country, fold(one), point); known != none) return known;
  }
  auto& texts = builder_.texts_;
  const auto state = state_of(country, admin1, point);
  builder_.ensure_country(country);
  // Two towns of a state may share a name: the cell of some 20 km tells them apart, and moves as little as
  // they do.
  constexpr std::int32_t cell = 2'000'000;
  const std::string id = std::string(texts.get(country)) + '|' + std::string(texts.get(state)) + '|' +
                         fold(names.front()) + '|' + std::to_string(point.lat_e7 / cell) + '|' +
                         std::to_string(point.lng_e7 / cell);
  const auto draft = static_cast<std::uint32_t>(builder_.drafts_.size());
  builder_.drafts_.push_back({.key = place_key("town", id),
                              .location = point,
                              .population = 0,
                              .importance = 0,
                              .name = texts.add(names.front()),
                              .code = 0,
                              .timezone = 0,
                              .country_code = country,
                              .admin1_code = state,
                              .admin2_code = 0,
                              .bounds = std::nullopt,
                              .kind = Kind::locality,
                              .source = source,
                              .located = true});
  for (const auto one : names) {
    add(draft, one);
    if (one != names.front()) builder_.add_name(draft, "", one);
  }
  return draft;
}

}  // namespace waypost::geo
