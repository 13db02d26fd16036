#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "geo/fold.hpp"
#include "geo/index_builder.hpp"
#include "geo/name_stem.hpp"
#include "geo/postal_key.hpp"
#include "geo/regions.hpp"
#include "geo/spatial.hpp"
#include "geo/street_name.hpp"
#include "geo/term_table.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

using index::Mark;
using index::Section;

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// A place's name as terms: whole, and its words when there are several.
void add_name_terms(TermTable& terms, std::uint32_t place, std::string_view name) {
  for (const auto& form : folded_forms(name)) {
    terms.add(Mark::name, form, place);
    if (form.find(' ') == std::string::npos) continue;
    for (const auto word : text::split(form, ' ')) terms.add(Mark::place_word, word, place);
  }
}

void add_street_terms(TermTable& terms, std::uint32_t place, std::string_view name,
                      std::string_view country) {
  for (const auto& form : street_forms(name, country)) {
    const auto core = street_core(form);
    terms.add(Mark::street, core, place);
    for (const auto word : text::split(core, ' ')) terms.add(Mark::street_word, word, place);
  }
}

}  // namespace

std::string IndexBuilder::languages_section() const {
  std::string out;
  for (const auto& tag : languages_) {
    index::LanguageRecord record{};
    std::memcpy(record.tag, tag.data(), std::min(tag.size(), sizeof record.tag - 1));
    append(out, record);
  }
  return out;
}

std::string IndexBuilder::meta_section() const {
  std::string meta;
  const auto field = [&meta](std::string_view text, char end) {
    for (const char c : text) meta += c == '\t' || c == '\n' ? ' ' : c;
    meta += end;
  };
  for (const auto& source : sources_) {
    for (const auto* text : {&source.name, &source.kind, &source.version, &source.attribution,
                             &source.licence, &source.imported_at}) {
      field(*text, '\t');
    }
    field(std::to_string(source.rows), '\n');
  }
  return meta;
}

bool IndexBuilder::term_sections(IndexFile& file) const {
  TermTable terms;
  const auto add = [&](std::uint32_t number, const Draft& draft, std::string_view name) {
    if (draft.kind == Kind::postal_code) return;
    add_name_terms(terms, number, name);
    add_name_terms(terms, number, east_asian_stem(name));
    if (draft.kind == Kind::admin1) add_name_terms(terms, number, area_stem(name));
  };
  const auto add_code = [&](std::uint32_t number, std::string_view code) {
    if (!code.empty()) terms.add(Mark::code, fold(code), number);
  };
  for (std::uint32_t n = 0; n < ordered_.size(); ++n) {
    const Draft& draft = drafts_[ordered_[n]];
    const auto name = texts_.get(draft.name);
    if (draft.kind == Kind::street) {
      add_street_terms(terms, n, name, texts_.get(draft.country_code));
      continue;
    }
    if (draft.kind == Kind::postal_code) terms.add(Mark::postal_code, postal_key(name), n);
    add(n, draft, name);
    add_code(n, texts_.get(draft.code));
    if (draft.kind == Kind::country) add_code(n, iso3(texts_.get(draft.country_code)));
  }
  for (const Name& name : names_) {
    const auto number = numbers_[name.draft];
    if (number != none) add(number, drafts_[name.draft], texts_.get(name.text));
  }
  return terms.write(file);
}

void IndexBuilder::place_sections(IndexFile& file, Written& written) {
  const auto number_of = [this](std::uint32_t draft) { return draft == none ? none : numbers_[draft]; };
  std::ranges::sort(names_, [](const Name& a, const Name& b) {
    return std::tie(a.draft, a.language, a.rank, a.order) < std::tie(b.draft, b.language, b.rank, b.order);
  });
  // Links by the numbers of what they lead from and to: the largest town of a code comes first.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> links;
  for (const auto& [from, to] : links_) {
    if (number_of(from) != none && number_of(to) != none) links.emplace_back(number_of(from), number_of(to));
  }
  std::ranges::sort(links);
  const auto around = streets_around();
  auto street =
      std::ranges::find_if(ordered_, [this](std::uint32_t i) { return drafts_[i].kind == Kind::street; });
  std::vector<std::pair<std::uint32_t, std::uint32_t>> streets(drafts_.size());  // of a town: first, count
  for (; street != ordered_.end(); ++street) {
    const auto town = drafts_[*street].locality;
    if (town == none) continue;
    auto& [begin, count] = streets[town];
    if (count++ == 0) begin = static_cast<std::uint32_t>(street - ordered_.begin());
    ++written.streets;
  }
  std::vector<index::PlaceRecord> places;
  std::string names;
  std::uint32_t name_count = 0;
  auto link = links.begin();
  std::string link_bytes;
  for (std::uint32_t n = 0; n < ordered_.size(); ++n) {
    const auto i = ordered_[n];
    const Draft& draft = drafts_[i];
    const bool is_street = draft.kind == Kind::street;
    index::PlaceRecord record{
        .key = draft.key,
        .lat_e7 = draft.location.lat_e7,
        .lng_e7 = draft.location.lng_e7,
        .population = draft.population,
        .importance = draft.importance,
        .country = number_of(draft.country),
        .admin1 = number_of(draft.admin1),
        .admin2 = number_of(draft.admin2),
        .locality = number_of(draft.locality),
        .postal_code = number_of(draft.postal_code),
        .name = draft.name,
        .code = is_street ? draft.folded : draft.code,
        .timezone = draft.timezone,
        .names_begin = name_count,
        .links_begin = static_cast<std::uint32_t>(link_bytes.size() / sizeof(std::uint32_t)),
        .parts_begin = is_street ? draft.houses_begin : streets[i].first,
        .parts_count = is_street ? draft.houses_count : streets[i].second,
        .streets_of = streets[i].second > 0 ? n : number_of(around[i]),
        .names_count = 0,
        .links_count = 0,
        .kind = static_cast<std::uint8_t>(draft.kind),
        .source = draft.source,
        .reserved = {}};
    std::uint16_t last = 0;
    for (const Name& name : std::ranges::equal_range(names_, i, {}, &Name::draft)) {
      // The first name of a language is the one to show; names of no language are never shown.
      if (name.language == last) continue;
      last = name.language;
      append(names, index::NameRecord{.text = name.text, .language = name.language, .reserved = 0});
      ++record.names_count;
    }
    name_count += record.names_count;
    for (; link != links.end() && link->first == n; ++link) {
      if (record.links_count == UINT16_MAX) continue;
      append(link_bytes, link->second);
      ++record.links_count;
    }
    places.push_back(record);
  }
  written.places = places.size();
  written.names = name_count;
  file.add(Section::places, bytes_of(places));
  file.add(Section::names, std::move(names));
  file.add(Section::links, std::move(link_bytes));
}

/// For each town without streets of its own, the one whose streets lie around it: the suburb that a post
/// office names, the village that was taken in.
std::vector<std::uint32_t> IndexBuilder::streets_around() const {
  constexpr double radius_m = 5'000;
  std::vector<std::uint32_t> around(drafts_.size(), none);
  std::vector<index::SpatialNode> streets;
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    if (drafts_[i].kind == Kind::street && drafts_[i].locality != none)
      streets.push_back(spatial::node(drafts_[i].location, i));
  }
  if (streets.empty()) return around;
  spatial::build(streets);
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    const Draft& draft = drafts_[i];
    if (draft.dropped || (draft.kind != Kind::locality && draft.kind != Kind::sublocality)) continue;
    std::array<spatial::Found, 1> nearest;
    if (spatial::nearest(streets, draft.location, radius_m, nearest) == 1)
      around[i] = drafts_[nearest[0].place].locality;
  }
  return around;
}

void IndexBuilder::house_sections(IndexFile& file) const {
  std::vector<index::HouseRecord> records;
  std::vector<index::SpatialNode> nodes;
  records.reserve(houses_.size());
  nodes.reserve(houses_.size());
  for (const auto& house : houses_) {
    nodes.push_back(spatial::node(house.location, static_cast<std::uint32_t>(records.size())));
    records.push_back({.lat_e7 = house.location.lat_e7,
                       .lng_e7 = house.location.lng_e7,
                       .first = house.first,
                       .last = house.last,
                       .text = house.number,
                       .postal_code = house.postal_code == none ? none : numbers_[house.postal_code],
                       .street = numbers_[house.street]});
  }
  file.add(Section::houses, bytes_of(records));
  records = {};
  spatial::build(nodes);
  file.add(Section::house_spatial, bytes_of(nodes));
}

/// Places by key, by position, and their extents.
void IndexBuilder::lookup_sections(IndexFile& file) const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keys;
  std::vector<index::SpatialNode> nodes, codes;
  std::vector<index::ExtentRecord> extents;
  for (std::uint32_t n = 0; n < ordered_.size(); ++n) {
    const Draft& draft = drafts_[ordered_[n]];
    keys.emplace_back(draft.key, n);
    if (draft.kind == Kind::locality || draft.kind == Kind::sublocality)
      nodes.push_back(spatial::node(draft.location, n));
    if (draft.kind == Kind::postal_code) codes.push_back(spatial::node(draft.location, n));
    if (draft.bounds) {
      extents.push_back({.place = n,
                         .south_e7 = draft.bounds->southwest.lat_e7,
                         .west_e7 = draft.bounds->southwest.lng_e7,
                         .north_e7 = draft.bounds->northeast.lat_e7,
                         .east_e7 = draft.bounds->northeast.lng_e7});
    }
  }
  std::ranges::sort(keys);
  spatial::build(nodes);
  spatial::build(codes);
  std::string key_bytes, key_places;
  for (const auto& [key, number] : keys) {
    append(key_bytes, key);
    append(key_places, number);
  }
  file.add(Section::keys, std::move(key_bytes));
  file.add(Section::key_places, std::move(key_places));
  file.add(Section::spatial, bytes_of(nodes));
  file.add(Section::code_spatial, bytes_of(codes));
  file.add(Section::extents, bytes_of(extents));
}

}  // namespace waypost::geo
