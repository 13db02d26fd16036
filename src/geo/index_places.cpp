#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_set>

#include "geo/area.hpp"
#include "geo/fold.hpp"
#include "geo/index_builder.hpp"
#include "geo/index_towns.hpp"
#include "geo/name_stem.hpp"
#include "geo/postal_key.hpp"
#include "geo/regions.hpp"
#include "geo/text_hash.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

/// Two sources' places of one name are one place when they are this near.
double same_place_m(Kind kind) {
  return kind == Kind::sublocality ? 3'000 : 10'000;
}

}  // namespace

/// What has the same key, or comes from different sources with the same name and kind and is near, becomes
/// the more populous of them, which keeps all names.
void IndexBuilder::unite(Written& written) {
  std::vector<std::uint32_t> to(drafts_.size());
  std::unordered_map<std::uint64_t, std::uint32_t> by_key;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_name;
  const auto into = [&](std::uint32_t from, std::uint32_t other) {
    const bool richer = drafts_[from].population > drafts_[other].population;
    const auto kept = richer ? from : other, gone = richer ? other : from;
    drafts_[gone].dropped = true;
    to[gone] = kept;
    add_name(kept, "", texts_.get(drafts_[gone].name));
  };
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    to[i] = i;
    const auto [same, inserted] = by_key.try_emplace(drafts_[i].key, i);
    if (!inserted) {
      drafts_[i].source == drafts_[same->second].source ? ++written.same_key : ++written.united;
      into(i, same->second);
      same->second = to[same->second];
      continue;
    }
    const Draft& draft = drafts_[i];
    if (sources_.size() < 2 || (draft.kind != Kind::locality && draft.kind != Kind::sublocality)) continue;
    const auto name = text_hash(draft.country_code, fold(texts_.get(draft.name)));
    const auto [first, last] = by_name.equal_range(name);
    const auto other = std::find_if(first, last, [&](const auto& entry) {
      const Draft& known = drafts_[entry.second];
      return !known.dropped && known.source != draft.source && known.kind == draft.kind &&
             distance_m(known.location, draft.location) < same_place_m(draft.kind);
    });
    if (other != last) {
      ++written.united;
      into(i, other->second);
    }
    by_name.emplace(name, i);
  }
  move_names(to);
}

/// Names of drafts that became others follow them, over several steps if need be.
void IndexBuilder::move_names(const std::vector<std::uint32_t>& to) {
  const auto end_of = [&to](std::uint32_t draft) {
    while (to[draft] != draft) draft = to[draft];
    return draft;
  };
  for (Name& name : names_) name.draft = end_of(name.draft);
  for (auto* known : {&countries_, &admin1s_, &admin2s_}) {
    for (auto& entry : *known) entry.second = end_of(entry.second);
  }
}

/// CLDR's names are those people use ("United States"); the data's own stay findable.
void IndexBuilder::add_country_names() {
  const auto named_by_cldr = [this](const Draft& draft) {
    const auto code = texts_.get(draft.country_code);
    return draft.kind == Kind::country && code != "HK" && code != "MO";  // "Hong Kong SAR China"
  };
  for (Name& name : names_) {
    if (named_by_cldr(drafts_[name.draft])) name.language = 0;
  }
  for (const auto& [code, draft] : countries_) {
    if (!named_by_cldr(drafts_[draft])) continue;
    for (const auto language : country_name_languages()) {
      const auto name = country_name(code, language);
      add_name(draft, language, name, NameRank::preferred);
      if (language == "en" && !name.empty()) {
        add_name(draft, "", texts_.get(drafts_[draft].name));
        drafts_[draft].name = texts_.add(name);
      }
    }
  }
}

std::uint32_t IndexBuilder::postal_draft(std::uint32_t country, std::string_view written, LatLng location,
                                         bool located, std::uint8_t source) {
  const auto code = postal_key(written);
  if (code.empty()) return none;
  const auto [known, inserted] =
      postal_codes_.try_emplace(text_hash(country, code), static_cast<std::uint32_t>(drafts_.size()));
  if (!inserted) return known->second;
  ensure_country(country);
  // The country may be new and stand where the code was to be.
  known->second = static_cast<std::uint32_t>(drafts_.size());
  const std::string id = std::string(texts_.get(country)) + '|' + code;
  drafts_.push_back({.key = place_key("postal", id),
                     .location = location,
                     .population = 0,
                     .importance = 0,
                     .name = texts_.add(written),
                     .code = 0,
                     .timezone = 0,
                     .country_code = country,
                     .admin1_code = 0,
                     .admin2_code = 0,
                     .bounds = std::nullopt,
                     .kind = Kind::postal_code,
                     .source = source,
                     .located = located,
                     .listed = located});
  return known->second;
}

void IndexBuilder::settle_postal_codes(Towns& towns) {
  for (const auto& row : postal_rows_) {
    const auto code = postal_draft(row.country, texts_.get(row.code), row.location, row.located, row.source);
    if (code == none || row.locality == 0 || !row.located) continue;
    const std::string locality(texts_.get(row.locality)), state(texts_.get(row.admin1_name));
    const auto town = towns.find_or_make(row.country, locality, row.location, state, row.source);
    if (town == none) continue;
    links_.emplace_back(code, town);
    links_.emplace_back(town, code);
  }
  postal_rows_ = {};
}

void IndexBuilder::resolve_parents() {
  for (Draft& draft : drafts_) {
    const std::string country_code(texts_.get(draft.country_code));
    draft.country = country(country_code).value_or(none);
    if (draft.kind == Kind::country || draft.admin1_code == 0) continue;
    const auto state = country_code + '.' + std::string(texts_.get(draft.admin1_code));
    draft.admin1 = admin1(state).value_or(none);
    const auto county = admin2s_.find(state + '.' + std::string(texts_.get(draft.admin2_code)));
    if (draft.admin2_code != 0 && county != admin2s_.end()) draft.admin2 = county->second;
  }
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    if (draft.kind == Kind::locality) draft.locality = i;
    if (draft.kind != Kind::street && draft.kind != Kind::postal_code) continue;
    if (draft.locality == none) continue;
    draft.admin1 = drafts_[draft.locality].admin1;
    draft.admin2 = drafts_[draft.locality].admin2;
    draft.timezone = drafts_[draft.locality].timezone;
  }
}

/// Position, extent and people of countries and states, from the localities in them where the source has
/// none.
void IndexBuilder::derive_areas() {
  std::unordered_map<std::uint32_t, Area> areas;
  for (const Draft& draft : drafts_) {
    if (draft.kind != Kind::locality) continue;
    if (draft.country != none) areas[draft.country].add(draft.location, draft.population);
    if (draft.admin1 != none) areas[draft.admin1].add(draft.location, draft.population);
  }
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    const auto area = areas.find(i);
    if (area == areas.end()) {
      draft.dropped = !draft.located;
      continue;
    }
    if (!draft.located) draft.location = area->second.center();
    draft.located = true;
    if (area->second.towns() > 1) draft.bounds = area->second.bounds();
    const auto people = std::min<std::uint64_t>(area->second.people(), UINT32_MAX);
    draft.importance = std::max(draft.population, static_cast<std::uint32_t>(people));
  }
}

/// A state stands for half its people against cities of its name elsewhere (Wyoming before Wyoming, MI), but
/// below a city in it that gave it its name (New York, Osaka, Valencia).
void IndexBuilder::weigh_areas() {
  std::unordered_map<std::uint32_t, std::unordered_set<std::uint32_t>> names_of_admin1;
  const auto shown = [&](const Name& name) { return name.language != 0; };
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    if (draft.kind != Kind::admin1) continue;
    draft.importance /= 2;
    auto& names = names_of_admin1[i];
    names.insert(draft.name);
    if (const auto stem = area_stem(texts_.get(draft.name)); !stem.empty()) {
      names.insert(texts_.add(std::string(stem)));
    }
  }
  for (const Name& name : names_) {
    if (shown(name) && drafts_[name.draft].kind == Kind::admin1)
      names_of_admin1[name.draft].insert(name.text);
  }
  const auto lower = [&](const Draft& city, std::uint32_t name) {
    if (city.kind != Kind::locality || city.admin1 == none || !names_of_admin1[city.admin1].contains(name))
      return;
    Draft& state = drafts_[city.admin1];
    if (city.population > state.importance / 10) {
      state.importance = std::min(state.importance, city.importance > 0 ? city.importance - 1 : 0);
    }
  };
  for (const Draft& draft : drafts_) lower(draft, draft.name);
  for (const Name& name : names_) {
    if (shown(name)) lower(drafts_[name.draft], name.text);
  }
}

/// A code weighs as much as the largest of its towns, which is its own; a town that only rows name, as much
/// as it has of them.
void IndexBuilder::weigh_codes() {
  std::ranges::sort(links_);
  const auto repeated = std::ranges::unique(links_);
  links_.erase(repeated.begin(), repeated.end());
  for (const auto& [from, to] : links_) {
    Draft& draft = drafts_[from];
    if (draft.kind == Kind::locality && draft.population == 0) ++draft.importance;
  }
  for (const auto& [from, to] : links_) {
    Draft& code = drafts_[from];
    if (code.kind != Kind::postal_code) continue;
    const Draft& town = drafts_[to];
    if (code.locality != none && drafts_[code.locality].importance >= town.importance) continue;
    code.locality = to;
    code.importance = town.importance;
    code.admin1 = town.admin1;
    code.admin2 = town.admin2;
    code.timezone = town.timezone;
  }
  for (auto link = links_.begin(); link != links_.end();) {
    const auto end =
        std::find_if(link, links_.end(), [&](const auto& other) { return other.first != link->first; });
    Draft& town = drafts_[link->first];
    if (town.kind == Kind::locality && end - link == 1 && drafts_[link->second].listed)
      town.postal_code = link->second;
    link = end;
  }
}

void IndexBuilder::order(Written& written) {
  const auto tier = [](const Draft& draft) {
    switch (draft.kind) {
      case Kind::country:
        return 0;
      case Kind::postal_code:
        return 2;
      case Kind::street:
        return 3;
      default:
        return 1;
    }
  };
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    if (!draft.dropped && !draft.located) {
      draft.dropped = true;
      ++written.without_location;
    }
    if (!draft.dropped) ordered_.push_back(i);
  }
  std::ranges::sort(ordered_, [&](std::uint32_t a, std::uint32_t b) {
    const Draft &x = drafts_[a], &y = drafts_[b];
    if (tier(x) != tier(y)) return tier(x) < tier(y);
    if (x.importance != y.importance) return x.importance > y.importance;
    return std::tie(x.kind, x.key, a) < std::tie(y.kind, y.key, b);
  });
  numbers_.assign(drafts_.size(), none);
  for (std::uint32_t n = 0; n < ordered_.size(); ++n) numbers_[ordered_[n]] = n;
  order_streets();
}

/// The streets of a town are neighbours, by name; the largest town's come first.
void IndexBuilder::order_streets() {
  const auto first =
      std::ranges::find_if(ordered_, [this](std::uint32_t i) { return drafts_[i].kind == Kind::street; });
  const auto town = [this](std::uint32_t i) {
    return drafts_[i].locality == none ? none : numbers_[drafts_[i].locality];
  };
  std::sort(first, ordered_.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (town(a) != town(b)) return town(a) < town(b);
    return texts_.get(drafts_[a].folded) < texts_.get(drafts_[b].folded);
  });
  for (auto it = first; it != ordered_.end(); ++it)
    numbers_[*it] = static_cast<std::uint32_t>(it - ordered_.begin());
}

}  // namespace waypost::geo
