#include "waypost/geo/gazetteer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "geo/index_view.hpp"
#include "geo/languages.hpp"
#include "geo/spatial.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

using index::Section;

/// Up to this size a file is checked whole when it is opened: tens of milliseconds.
constexpr std::uintmax_t checked_when_opened = 64 << 20;

/// `meta` is a line for each source, fields separated by tabs in the order of SourceInfo.
std::vector<SourceInfo> sources_of(std::string_view meta) {
  std::vector<SourceInfo> sources;
  for (const auto line : text::split(meta, '\n')) {
    const auto fields = text::split(line, '\t');
    if (fields.size() != 7) continue;
    SourceInfo source{.name = std::string(fields[0]),
                      .kind = std::string(fields[1]),
                      .version = std::string(fields[2]),
                      .attribution = std::string(fields[3]),
                      .licence = std::string(fields[4]),
                      .imported_at = std::string(fields[5])};
    std::from_chars(fields[6].data(), fields[6].data() + fields[6].size(), source.rows);
    sources.push_back(std::move(source));
  }
  return sources;
}

/// Streets come last.
std::uint64_t count_streets(const IndexView& view) {
  const auto places = view.array<index::PlaceRecord>(Section::places);
  const auto first = std::ranges::partition_point(
      places, [](const auto& place) { return place.kind != static_cast<std::uint8_t>(Kind::street); });
  return static_cast<std::uint64_t>(places.end() - first);
}

}  // namespace

struct Gazetteer::Map {
  std::filesystem::path path;
  MappedFile file;
  IndexView view;
  LanguageTable languages;
  std::vector<SourceInfo> sources;
  std::uint64_t streets = 0;
};

Gazetteer::Gazetteer(std::unique_ptr<Map> map) : map_(std::move(map)) {}
Gazetteer::~Gazetteer() = default;

Result<std::shared_ptr<const Gazetteer>> Gazetteer::open(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) return std::unexpected(std::move(file.error()));
  auto view = IndexView::parse(file->bytes(), path);
  if (!view) return std::unexpected(std::move(view.error()));
  if (file->bytes().size() <= checked_when_opened) {
    if (auto sound = IndexView::verify(path); !sound) return std::unexpected(std::move(sound.error()));
  }
  std::vector<std::string_view> tags;
  for (const auto& record : view->array<index::LanguageRecord>(Section::languages)) {
    tags.emplace_back(record.tag, std::ranges::find(record.tag, '\0') - record.tag);
  }
  auto map = std::make_unique<Map>(Map{path, std::move(*file), *view, LanguageTable(tags),
                                       sources_of(view->bytes(Section::meta)), count_streets(*view)});
  return std::shared_ptr<const Gazetteer>(new Gazetteer(std::move(map)));
}

GazetteerInfo Gazetteer::info() const {
  return {.sources = map_->sources,
          .places = size(),
          .names = map_->view.array<index::NameRecord>(Section::names).size(),
          .streets = map_->streets,
          .houses = map_->view.array<index::HouseRecord>(Section::houses).size(),
          .bytes = map_->file.bytes().size()};
}

std::span<const SourceInfo> Gazetteer::sources() const {
  return map_->sources;
}

const std::filesystem::path& Gazetteer::path() const {
  return map_->path;
}

std::uint32_t Gazetteer::size() const {
  return static_cast<std::uint32_t>(map_->view.array<index::PlaceRecord>(Section::places).size());
}

Result<void> Gazetteer::verify() const {
  return IndexView::verify(map_->path);
}

Place Gazetteer::place(PlaceNumber number) const {
  const auto& view = map_->view;
  const auto* record = view.place(number);
  if (record == nullptr) return {};
  const auto known = [&view](std::uint32_t parent) { return parent < view.places() ? parent : no_place; };
  Place place{.number = number,
              .kind = static_cast<Kind>(record->kind),
              .key = record->key,
              .location = {.lat_e7 = record->lat_e7, .lng_e7 = record->lng_e7},
              .bounds = std::nullopt,
              .population = record->population,
              .importance = record->importance,
              .country = known(record->country),
              .admin1 = known(record->admin1),
              .admin2 = known(record->admin2),
              .locality = known(record->locality),
              .postal_code = known(record->postal_code),
              .name = view.text(record->name),
              .code = {},
              .timezone = view.text(record->timezone)};
  if (record->source < map_->sources.size()) place.source = map_->sources[record->source].name;
  if (place.kind == Kind::street)
    place.houses = static_cast<std::uint32_t>(view.houses(*record).size());
  else
    place.code = view.text(record->code);
  if (place.kind < Kind::locality || place.kind == Kind::street) {
    const auto extents = view.array<index::ExtentRecord>(Section::extents);
    const auto extent = std::ranges::lower_bound(extents, number, {}, &index::ExtentRecord::place);
    if (extent != extents.end() && extent->place == number) {
      place.bounds = Bounds{.southwest = {.lat_e7 = extent->south_e7, .lng_e7 = extent->west_e7},
                            .northeast = {.lat_e7 = extent->north_e7, .lng_e7 = extent->east_e7}};
    }
  }
  return place;
}

std::string_view Gazetteer::code(PlaceNumber number) const {
  const auto* record = map_->view.place(number);
  const bool has_code = record != nullptr && record->kind != static_cast<std::uint8_t>(Kind::street);
  return has_code ? map_->view.text(record->code) : std::string_view();
}

std::optional<PlaceNumber> Gazetteer::find(std::uint64_t key) const {
  const auto keys = map_->view.array<std::uint64_t>(Section::keys);
  const auto it = std::ranges::lower_bound(keys, key);
  if (it == keys.end() || *it != key) return std::nullopt;
  const auto number =
      map_->view.array<std::uint32_t>(Section::key_places)[static_cast<std::size_t>(it - keys.begin())];
  return number < size() ? std::optional(number) : std::nullopt;
}

std::optional<PlaceNumber> Gazetteer::find_by_prefix(std::uint64_t upper_bits) const {
  constexpr int lower = 11;
  const auto keys = map_->view.array<std::uint64_t>(Section::keys);
  const auto it = std::ranges::lower_bound(keys, upper_bits << lower);
  if (it == keys.end() || *it >> lower != upper_bits) return std::nullopt;
  return find(*it);
}

std::span<const PlaceNumber> Gazetteer::named(std::string_view folded) const {
  return map_->view.find(index::Mark::name, folded);
}

std::span<const PlaceNumber> Gazetteer::coded(std::string_view folded) const {
  return map_->view.find(index::Mark::code, folded);
}

House Gazetteer::house(PlaceNumber street, std::uint32_t i) const {
  const auto& view = map_->view;
  const auto* record = view.place(street);
  if (record == nullptr) return {};
  const auto houses = view.houses(*record);
  if (i >= houses.size()) return {};
  const auto& house = houses[i];
  return {.number = view.text(house.text),
          .location = {.lat_e7 = house.lat_e7, .lng_e7 = house.lng_e7},
          .postal_code = house.postal_code < size() ? house.postal_code : no_place};
}

std::span<const PlaceNumber> Gazetteer::localities_of(PlaceNumber postal_code) const {
  return postal_codes_of(postal_code);
}

std::span<const PlaceNumber> Gazetteer::postal_codes_of(PlaceNumber place) const {
  const auto* record = map_->view.place(place);
  return record == nullptr ? std::span<const PlaceNumber>() : map_->view.links(*record);
}

std::string_view Gazetteer::polygons() const {
  return map_->view.bytes(Section::polygons);
}

const IndexView& Gazetteer::view() const {
  return map_->view;
}

std::string_view Gazetteer::name(PlaceNumber number, const LanguageChain& languages) const {
  const auto& view = map_->view;
  const auto* found = view.place(number);
  if (found == nullptr) return {};
  const auto& record = *found;
  const auto all = view.array<index::NameRecord>(Section::names);
  if (record.names_begin > all.size() || record.names_count > all.size() - record.names_begin) return {};
  const auto names = all.subspan(record.names_begin, record.names_count);
  for (std::size_t i = 0; i < languages.size; ++i) {
    const auto it = std::ranges::lower_bound(names, languages.ids[i], {}, &index::NameRecord::language);
    if (it != names.end() && it->language == languages.ids[i]) return view.text(it->text);
  }
  return view.text(record.name);
}

LanguageChain Gazetteer::languages(std::string_view tags) const {
  return map_->languages.resolve(tags);
}

std::size_t Gazetteer::nearest(LatLng point, double radius_m, std::span<Near> out) const {
  constexpr std::size_t most = 64;
  std::array<spatial::Found, most> found;
  const auto wanted = std::min(out.size(), most);
  if (wanted == 0) return 0;
  const auto tree = map_->view.array<index::SpatialNode>(Section::spatial);
  const auto count = spatial::nearest(tree, point, radius_m, std::span(found).first(wanted));
  std::size_t kept = 0;
  for (const auto& hit : std::span(found).first(count)) {
    if (hit.place >= size()) continue;
    const double metres = hit.metres();
    if (metres <= radius_m) out[kept++] = {.number = hit.place, .distance_m = metres};
  }
  return kept;
}

}  // namespace waypost::geo
