#include "geo/index_builder.hpp"

#include <algorithm>

#include "geo/index_towns.hpp"
#include "geo/regions.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

std::string dotted(std::string_view country, std::string_view code) {
  return std::string(country) + '.' + std::string(code);
}

}  // namespace

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

std::uint32_t IndexBuilder::add(const DraftPlace& place) {
  const auto number = static_cast<std::uint32_t>(drafts_.size());
  if (place.kind == Kind::country || place.kind == Kind::admin1) {
    auto& known = place.kind == Kind::country ? countries_ : admin1s_;
    const auto id =
        place.kind == Kind::country ? std::string(place.country) : dotted(place.country, place.admin1);
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
  if (place.kind == Kind::admin2 && !place.admin2.empty())
    admin2s_.try_emplace(dotted(dotted(place.country, place.admin1), place.admin2), number);
  drafts_.push_back({.key = place.key,
                     .location = place.location.value_or(LatLng{}),
                     .population = place.population,
                     .importance = place.population,
                     .name = texts_.add(place.name),
                     .code = texts_.add(place.code),
                     .timezone = texts_.add(place.timezone),
                     .country_code = texts_.add(place.country),
                     .admin1_code = texts_.add(place.admin1),
                     .admin2_code = texts_.add(place.admin2),
                     .bounds = std::nullopt,
                     .kind = place.kind,
                     .source = place.source,
                     .located = place.location.has_value()});
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

void IndexBuilder::add_postal_code(const DraftPostalCode& row) {
  postal_rows_.push_back({.location = row.location.value_or(LatLng{}),
                          .country = texts_.add(row.country),
                          .code = texts_.add(row.code),
                          .locality = texts_.add(row.locality),
                          .admin1_name = texts_.add(row.admin1_name),
                          .admin1 = texts_.add(row.admin1),
                          .admin2_name = texts_.add(row.admin2_name),
                          .source = row.source,
                          .located = row.location.has_value()});
}

void IndexBuilder::add_address(const DraftAddress& row) {
  address_rows_.push_back({.location = row.location,
                           .country = texts_.add(row.country),
                           .number = texts_.add(row.number),
                           .street = texts_.add(row.street),
                           .city = texts_.add(row.city.empty() ? row.district : row.city),
                           .region = texts_.add(row.region),
                           .postal_code = texts_.add(row.postal_code),
                           .source = row.source});
}

std::optional<std::uint32_t> IndexBuilder::country(std::string_view code) const {
  const auto it = countries_.find(std::string(code));
  return it == countries_.end() ? std::nullopt : std::optional(it->second);
}

std::optional<std::uint32_t> IndexBuilder::admin1(std::string_view country_and_code) const {
  const auto it = admin1s_.find(std::string(country_and_code));
  return it == admin1s_.end() ? std::nullopt : std::optional(it->second);
}

/// The country of a row, made if no source of places has it.
std::uint32_t IndexBuilder::ensure_country(std::uint32_t code) {
  const std::string iso(texts_.get(code));
  if (const auto known = country(iso)) return *known;
  const auto name = country_name(iso, "en");
  return add({.kind = Kind::country,
              .key = place_key("geonames", iso),
              .name = name.empty() ? std::string_view(iso) : std::string_view(name),
              .code = iso,
              .country = iso});
}

Result<IndexBuilder::Written> IndexBuilder::write(const std::filesystem::path& path) {
  using index::Section;
  Written written;
  unite(written);
  {
    Towns towns(*this);
    settle_postal_codes(towns);
    settle_addresses(towns);
  }
  gather_houses(written);
  locate_codes();
  add_country_names();
  resolve_parents();
  derive_areas();
  weigh_areas();
  weigh_codes();
  order(written);

  IndexFile file;
  file.add(Section::meta, meta_section());
  const bool fits = term_sections(file);
  place_sections(file, written);
  house_sections(file);
  lookup_sections(file);
  // Offsets are 32 bits wide: past that they have wrapped, and the index would be nonsense.
  if (!fits || texts_.bytes().size() > UINT32_MAX || houses_.size() > UINT32_MAX) {
    return fail(Code::validation_failed,
                "there are too many names for one index (4 GiB): import fewer files");
  }
  file.add(Section::strings, texts_.bytes());
  file.add(Section::languages, languages_section());
  file.add(Section::polygons, std::move(polygons_));
  if (auto done = file.write(path); !done) return std::unexpected(done.error());
  return written;
}

}  // namespace waypost::geo
