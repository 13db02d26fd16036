#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "geo/fold.hpp"
#include "geo/house_number.hpp"
#include "geo/index_builder.hpp"
#include "geo/index_towns.hpp"
#include "geo/text_hash.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

/// Remembers what was worked out for a text, since rows repeat their neighbours'.
template <class Value>
class Memo {
 public:
  template <class Make>
  const Value& get(std::uint64_t key, Make make) {
    const auto it = values_.find(key);
    return it != values_.end() ? it->second : values_.emplace(key, make()).first->second;
  }

 private:
  std::unordered_map<std::uint64_t, Value> values_;
};

std::uint64_t pair_of(std::uint32_t a, std::uint32_t b) {
  return std::uint64_t{a} << 32 | b;
}

}  // namespace

/// The street of a town by its folded name, in `row.street`; made when it is new.
std::uint32_t IndexBuilder::street_draft(std::uint32_t town, const AddressRow& row) {
  const auto [known, inserted] = streets_.try_emplace(text_hash(town, texts_.get(row.street)),
                                                      static_cast<std::uint32_t>(drafts_.size()));
  if (!inserted) return known->second;
  const std::string id =
      (town == none ? std::string(texts_.get(row.country)) : std::to_string(drafts_[town].key)) + '|' +
      std::string(texts_.get(row.street));
  drafts_.push_back({.key = place_key("street", id),
                     .location = row.location,
                     .population = 0,
                     .importance = 0,
                     .name = 0,
                     .code = 0,
                     .timezone = 0,
                     .country_code = row.country,
                     .admin1_code = 0,
                     .admin2_code = 0,
                     .locality = town,
                     .folded = row.street,
                     .bounds = std::nullopt,
                     .kind = Kind::street,
                     .source = row.source,
                     .located = true});
  return known->second;
}

void IndexBuilder::settle_addresses(Towns& towns) {
  constexpr std::int32_t cell = 1'000'000;  // a tenth of a degree
  std::unordered_map<std::uint32_t, std::uint32_t> town_of_code;
  for (const auto& [from, to] : links_) town_of_code.try_emplace(from, to);
  Memo<std::uint32_t> folded, town_of_city, codes;
  Memo<HouseNumber> numbers;
  std::unordered_set<std::uint64_t> linked;
  const auto link = [&](std::uint32_t from, std::uint32_t to) {
    if (from != none && to != none && linked.insert(pair_of(from, to)).second) links_.emplace_back(from, to);
  };
  houses_.reserve(address_rows_.size());
  for (AddressRow& row : address_rows_) {
    const auto code = row.postal_code == 0 ? none : codes.get(pair_of(row.country, row.postal_code), [&] {
      return postal_draft(row.country, std::string(texts_.get(row.postal_code)), row.location, false,
                          row.source);
    });
    auto town = none;
    if (row.city != 0) {
      const auto where =
          text_hash(pair_of(row.city, row.region), std::to_string(row.location.lat_e7 / cell) + ' ' +
                                                       std::to_string(row.location.lng_e7 / cell) + ' ' +
                                                       std::to_string(row.country));
      town = town_of_city.get(where, [&] {
        const std::string city(texts_.get(row.city)), region(texts_.get(row.region));
        return towns.find_or_make(row.country, city, row.location, region, row.source);
      });
    } else if (const auto known = town_of_code.find(code); code != none && known != town_of_code.end()) {
      town = known->second;
    } else {
      town = towns.nearest(row.country, row.location);
    }
    ensure_country(row.country);
    const auto written = row.street;
    row.street = folded.get(written, [&] { return texts_.add(fold(texts_.get(written))); });
    if (row.street == 0) continue;
    const auto street = street_draft(town, row);
    if (drafts_[street].name == 0) drafts_[street].name = written;
    link(code, town);
    link(town, code);
    link(street, code);
    const auto& number = numbers.get(row.number, [&] { return house_number(fold(texts_.get(row.number))); });
    if (number.key.empty()) continue;
    houses_.push_back({.location = row.location,
                       .street = street,
                       .first = number.first,
                       .last = number.last,
                       .number = row.number,
                       .key = static_cast<std::uint32_t>(text_hash(0, number.key)),
                       .postal_code = code});
  }
  address_rows_ = {};
}

/// Sorts the houses by street and number; of a house's several points (its entrances) the middle one comes
/// first.
void IndexBuilder::sort_houses() {
  const auto order = [](const HouseDraft& h) {
    return std::tuple(h.street, h.first, h.key, h.postal_code, h.location.lat_e7, h.location.lng_e7);
  };
  const auto address = [](const HouseDraft& h) {
    return std::tuple(h.street, h.first, h.key, h.postal_code);
  };
  std::ranges::sort(houses_, {}, order);
  const auto repeated = std::ranges::unique(houses_, {}, order);
  houses_.erase(repeated.begin(), repeated.end());
  for (auto begin = houses_.begin(); begin != houses_.end();) {
    const auto end =
        std::find_if(begin, houses_.end(), [&](const auto& h) { return address(h) != address(*begin); });
    std::int64_t lat = 0, lng = 0;
    for (auto it = begin; it != end; ++it) {
      lat += it->location.lat_e7;
      lng += it->location.lng_e7;
    }
    const LatLng middle{static_cast<std::int32_t>(lat / (end - begin)),
                        static_cast<std::int32_t>(lng / (end - begin))};
    std::iter_swap(begin, std::min_element(begin, end, [middle](const HouseDraft& a, const HouseDraft& b) {
                     return distance_m(a.location, middle) < distance_m(b.location, middle);
                   }));
    begin = end;
  }
}

/// Tells each street where it lies.
void IndexBuilder::gather_houses(Written& written) {
  sort_houses();
  written.houses = houses_.size();
  for (std::size_t begin = 0; begin < houses_.size();) {
    Draft& street = drafts_[houses_[begin].street];
    auto end = begin;
    std::int64_t lat = 0, lng = 0;
    Bounds box{.southwest = houses_[begin].location, .northeast = houses_[begin].location};
    std::unordered_map<std::uint32_t, std::uint32_t> codes;
    for (; end < houses_.size() && houses_[end].street == houses_[begin].street; ++end) {
      const auto at = houses_[end].location;
      lat += at.lat_e7;
      lng += at.lng_e7;
      box.southwest = {std::min(box.southwest.lat_e7, at.lat_e7), std::min(box.southwest.lng_e7, at.lng_e7)};
      box.northeast = {std::max(box.northeast.lat_e7, at.lat_e7), std::max(box.northeast.lng_e7, at.lng_e7)};
      ++codes[houses_[end].postal_code];
    }
    const auto count = static_cast<std::uint32_t>(end - begin);
    const LatLng middle{static_cast<std::int32_t>(lat / count), static_cast<std::int32_t>(lng / count)};
    const auto houses = std::span(houses_).subspan(begin, count);
    street.location = std::ranges::min_element(houses, {}, [middle](const HouseDraft& house) {
                        return distance_m(house.location, middle);
                      })->location;
    street.bounds = box;
    street.houses_begin = static_cast<std::uint32_t>(begin);
    street.houses_count = street.importance = count;
    street.postal_code = std::ranges::max_element(codes, {}, [](const auto& code) {
                           return std::pair(code.second, code.first);
                         })->first;
    if (street.locality != none && drafts_[street.locality].population == 0)
      drafts_[street.locality].importance += count;
    begin = end;
  }
}

/// Codes that only addresses name lie in the middle of these.
void IndexBuilder::locate_codes() {
  struct Sum {
    std::int64_t lat = 0, lng = 0, count = 0;
  };
  std::unordered_map<std::uint32_t, Sum> sums;
  for (const auto& house : houses_) {
    if (house.postal_code == none || drafts_[house.postal_code].located) continue;
    auto& sum = sums[house.postal_code];
    sum.lat += house.location.lat_e7;
    sum.lng += house.location.lng_e7;
    ++sum.count;
  }
  for (const auto& [code, sum] : sums) {
    drafts_[code].location = {static_cast<std::int32_t>(sum.lat / sum.count),
                              static_cast<std::int32_t>(sum.lng / sum.count)};
    drafts_[code].located = true;
  }
}

}  // namespace waypost::geo
