#include "geo/index_builder.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_set>

#include "geo/area.hpp"
#include "geo/fold.hpp"
#include "geo/index_file.hpp"
#include "geo/name_stem.hpp"
#include "geo/regions.hpp"
#include "geo/spatial.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

constexpr std::uint32_t none = UINT32_MAX;

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string admin1_id(std::string_view country, std::string_view code) {
  return std::string(country) + '.' + std::string(code);
}

}  // namespace

std::uint32_t TextPool::add(std::string_view text) {
  text = text.substr(0, UINT16_MAX);
  const auto hash = std::hash<std::string_view>{}(text);
  const auto [first, last] = offsets_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    if (get(it->second) == text) return it->second;
  }
  const auto offset = static_cast<std::uint32_t>(bytes_.size());
  append(bytes_, static_cast<std::uint16_t>(text.size()));
  bytes_ += text;
  offsets_.emplace(hash, offset);
  return offset;
}

std::string_view TextPool::get(std::uint32_t offset) const {
  std::uint16_t size = 0;
  std::memcpy(&size, bytes_.data() + offset, sizeof size);
  return std::string_view(bytes_).substr(offset + sizeof size, size);
}

std::uint16_t IndexBuilder::language_id(std::string_view tag) {
  const auto [it, inserted] = language_ids_.try_emplace(std::string(tag), languages_.size());
  if (inserted) languages_.emplace_back(tag);
  return it->second;
}

std::uint8_t IndexBuilder::add_source(SourceInfo source) {
  sources_.push_back(std::move(source));
  return static_cast<std::uint8_t>(sources_.size() - 1);
}

void IndexBuilder::set_rows(std::uint8_t source, std::uint64_t rows) {
  sources_[source].rows = rows;
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

std::uint32_t IndexBuilder::add(const DraftPlace& place) {
  const auto number = static_cast<std::uint32_t>(drafts_.size());
  if (place.kind == Kind::country || place.kind == Kind::admin1) {
    auto& known = place.kind == Kind::country ? countries_ : admin1s_;
    const auto id =
        place.kind == Kind::country ? std::string(place.country) : admin1_id(place.country, place.admin1);
    const auto [it, inserted] = known.try_emplace(id, number);
    if (!inserted) {
      // The dump's own row brings the position to what countryInfo or admin1Codes named, or the other way
      // round.
      Draft& draft = drafts_[it->second];
      if (!draft.located && place.location) {
        draft.location = *place.location;
        draft.located = true;
      }
      draft.population = std::max(draft.population, place.population);
      add_name(it->second, "", place.name);
      return it->second;
    }
  }
  drafts_.push_back({.key = place.key,
                     .location = place.location.value_or(LatLng{}),
                     .population = place.population,
                     .importance = place.population,
                     .name = texts_.add(place.name),
                     .code = texts_.add(place.code),
                     .timezone = texts_.add(place.timezone),
                     .country_code = texts_.add(place.country),
                     .admin1_code = texts_.add(place.admin1),
                     .country = none,
                     .admin1 = none,
                     .bounds = std::nullopt,
                     .kind = place.kind,
                     .located = place.location.has_value(),
                     .dropped = false});
  return number;
}

void IndexBuilder::add_name(std::uint32_t draft, std::string_view language, std::string_view name,
                            NameRank rank) {
  if (name.empty()) return;
  names_.push_back({.draft = draft,
                    .text = texts_.add(name),
                    .order = static_cast<std::uint32_t>(names_.size()),
                    .language = language_id(language),
                    .rank = rank});
}

std::optional<std::uint32_t> IndexBuilder::country(std::string_view code) const {
  const auto it = countries_.find(std::string(code));
  return it == countries_.end() ? std::nullopt : std::optional(it->second);
}

std::optional<std::uint32_t> IndexBuilder::admin1(std::string_view country_and_code) const {
  const auto it = admin1s_.find(std::string(country_and_code));
  return it == admin1s_.end() ? std::nullopt : std::optional(it->second);
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

void IndexBuilder::resolve_parents() {
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    const auto country_code = std::string(texts_.get(draft.country_code));
    draft.country = country(country_code).value_or(none);
    if (draft.kind == Kind::country) continue;
    draft.admin1 = admin1(admin1_id(country_code, texts_.get(draft.admin1_code))).value_or(none);
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

std::vector<std::uint32_t> IndexBuilder::order(Written& written) {
  std::vector<std::uint32_t> ordered;
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    if (drafts_[i].dropped) {
      ++written.without_location;
    } else {
      ordered.push_back(i);
    }
  }
  std::ranges::sort(ordered, [this](std::uint32_t a, std::uint32_t b) {
    const Draft &x = drafts_[a], &y = drafts_[b];
    if ((x.kind == Kind::country) != (y.kind == Kind::country)) return x.kind == Kind::country;
    if (x.importance != y.importance) return x.importance > y.importance;
    return std::tie(x.kind, x.key, a) < std::tie(y.kind, y.key, b);
  });
  std::unordered_set<std::uint64_t> keys;
  std::erase_if(ordered, [&](std::uint32_t i) {
    const bool repeated = !keys.insert(drafts_[i].key).second;
    if (repeated) ++written.same_key;
    drafts_[i].dropped |= repeated;
    return repeated;
  });
  return ordered;
}

std::string IndexBuilder::places_section(const std::vector<std::uint32_t>& ordered,
                                         std::string& names_section) {
  std::vector<std::uint32_t> numbers(drafts_.size(), none);
  for (std::uint32_t n = 0; n < ordered.size(); ++n) numbers[ordered[n]] = n;
  const auto parent = [&](std::uint32_t draft) { return draft == none ? none : numbers[draft]; };
  std::ranges::sort(names_, [](const Name& a, const Name& b) {
    return std::tie(a.draft, a.language, a.rank, a.order) < std::tie(b.draft, b.language, b.rank, b.order);
  });
  std::string places;
  std::uint32_t count = 0;
  for (const auto i : ordered) {
    const Draft& draft = drafts_[i];
    index::PlaceRecord record{};
    record.key = draft.key;
    record.lat_e7 = draft.location.lat_e7;
    record.lng_e7 = draft.location.lng_e7;
    record.population = draft.population;
    record.importance = draft.importance;
    record.country = parent(draft.country);
    record.admin1 = parent(draft.admin1);
    record.name = draft.name;
    record.code = draft.code;
    record.timezone = draft.timezone;
    record.kind = static_cast<std::uint8_t>(draft.kind);
    record.names_begin = count;
    std::uint16_t last = 0;
    for (const Name& name : std::ranges::equal_range(names_, i, {}, &Name::draft)) {
      // The first name of a language is the one to show; names of no language are never shown.
      if (name.language == last) continue;
      last = name.language;
      append(names_section, index::NameRecord{.text = name.text, .language = name.language});
      ++record.names_count;
    }
    count += record.names_count;
    append(places, record);
  }
  return places;
}

std::string IndexBuilder::languages_section() const {
  std::string out;
  for (const auto& tag : languages_) {
    index::LanguageRecord record{};
    std::memcpy(record.tag, tag.data(), std::min(tag.size(), sizeof record.tag - 1));
    append(out, record);
  }
  return out;
}

void IndexBuilder::term_sections(const std::vector<std::uint32_t>& ordered, std::string (&out)[4]) const {
  std::vector<std::uint32_t> numbers(drafts_.size(), none);
  for (std::uint32_t n = 0; n < ordered.size(); ++n) numbers[ordered[n]] = n;
  TextPool terms;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> postings;  // term, place
  const auto add_forms = [&](std::uint32_t number, std::string_view name) {
    for (const auto& form : folded_forms(name)) postings.emplace_back(terms.add(form), number);
  };
  const auto add = [&](std::uint32_t number, const Draft& draft, std::string_view name) {
    add_forms(number, name);
    add_forms(number, east_asian_stem(name));
    if (draft.kind == Kind::admin1) add_forms(number, area_stem(name));
  };
  const auto add_code = [&](std::uint32_t number, std::string_view code) {
    if (!code.empty()) postings.emplace_back(terms.add(index::code_mark + fold(code)), number);
  };
  for (std::uint32_t n = 0; n < ordered.size(); ++n) {
    const Draft& draft = drafts_[ordered[n]];
    add(n, draft, texts_.get(draft.name));
    add_code(n, texts_.get(draft.code));
    if (draft.kind == Kind::country) add_code(n, iso3(texts_.get(draft.country_code)));
  }
  for (const Name& name : names_) {
    const auto number = numbers[name.draft];
    if (number == none) continue;
    add(number, drafts_[name.draft], texts_.get(name.text));
  }
  std::vector<std::uint32_t> sorted;
  std::ranges::sort(postings);
  const auto repeated = std::ranges::unique(postings);
  postings.erase(repeated.begin(), repeated.end());
  for (std::size_t i = 0; i < postings.size(); ++i) {
    if (i == 0 || postings[i].first != postings[i - 1].first) sorted.push_back(static_cast<std::uint32_t>(i));
  }
  std::ranges::sort(sorted, [&](std::uint32_t a, std::uint32_t b) {
    return terms.get(postings[a].first) < terms.get(postings[b].first);
  });
  auto& [term_offsets, term_bytes, posting_offsets, posting_list] = out;
  for (const auto first : sorted) {
    append(term_offsets, static_cast<std::uint32_t>(term_bytes.size()));
    append(posting_offsets, static_cast<std::uint32_t>(posting_list.size() / sizeof(std::uint32_t)));
    term_bytes += terms.get(postings[first].first);
    for (auto i = first; i < postings.size() && postings[i].first == postings[first].first; ++i) {
      append(posting_list, postings[i].second);
    }
  }
  append(term_offsets, static_cast<std::uint32_t>(term_bytes.size()));
  append(posting_offsets, static_cast<std::uint32_t>(posting_list.size() / sizeof(std::uint32_t)));
}

/// Places by key, by position, and their extents.
void IndexBuilder::lookup_sections(const std::vector<std::uint32_t>& ordered, IndexFile& file) const {
  using index::Section;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keys;
  std::vector<index::SpatialNode> nodes;
  std::string extents;
  for (std::uint32_t n = 0; n < ordered.size(); ++n) {
    const Draft& draft = drafts_[ordered[n]];
    keys.emplace_back(draft.key, n);
    if (draft.kind == Kind::locality || draft.kind == Kind::sublocality) {
      nodes.push_back(spatial::node(draft.location, n));
    }
    if (draft.bounds) {
      append(extents, index::ExtentRecord{.place = n,
                                          .south_e7 = draft.bounds->southwest.lat_e7,
                                          .west_e7 = draft.bounds->southwest.lng_e7,
                                          .north_e7 = draft.bounds->northeast.lat_e7,
                                          .east_e7 = draft.bounds->northeast.lng_e7});
    }
  }
  std::ranges::sort(keys);
  spatial::build(nodes);
  std::string key_bytes, key_places, node_bytes;
  for (const auto& [key, number] : keys) {
    append(key_bytes, key);
    append(key_places, number);
  }
  for (const auto& node : nodes) append(node_bytes, node);
  file.add(Section::keys, std::move(key_bytes));
  file.add(Section::key_places, std::move(key_places));
  file.add(Section::spatial, std::move(node_bytes));
  file.add(Section::extents, std::move(extents));
}

Result<IndexBuilder::Written> IndexBuilder::write(const std::filesystem::path& path) {
  using index::Section;
  Written written;
  add_country_names();
  resolve_parents();
  derive_areas();
  weigh_areas();
  const auto ordered = order(written);
  written.places = ordered.size();

  IndexFile file;
  std::string names;
  auto places = places_section(ordered, names);
  written.names = names.size() / sizeof(index::NameRecord);
  std::string terms[4];
  term_sections(ordered, terms);
  // Offsets are 32 bits wide: past that they have wrapped, and the index would be nonsense.
  if (std::max({texts_.bytes().size(), names.size(), terms[1].size(), terms[3].size()}) > UINT32_MAX) {
    return fail(Code::validation_failed,
                "there are too many names for one index (4 GiB): import fewer files");
  }
  file.add(Section::meta, meta_section());
  file.add(Section::strings, texts_.bytes());
  file.add(Section::places, std::move(places));
  file.add(Section::names, std::move(names));
  file.add(Section::languages, languages_section());
  file.add(Section::term_offsets, std::move(terms[0]));
  file.add(Section::terms, std::move(terms[1]));
  file.add(Section::posting_offsets, std::move(terms[2]));
  file.add(Section::postings, std::move(terms[3]));

  lookup_sections(ordered, file);
  if (auto done = file.write(path); !done) return std::unexpected(done.error());
  return written;
}

}  // namespace waypost::geo
