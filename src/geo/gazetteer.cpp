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

}  // namespace

struct Gazetteer::Map {
  std::filesystem::path path;
  MappedFile file;
  IndexView view;
  LanguageTable languages;
  std::vector<SourceInfo> sources;

  std::span<const PlaceNumber> postings(std::string_view term) const {
    std::size_t first = 0, last = view.terms();
    while (first < last) {
      const auto middle = first + (last - first) / 2;
      const auto order = view.term(middle).compare(term);
      if (order == 0) return view.postings(middle);
      (order < 0 ? first : last) = order < 0 ? middle + 1 : middle;
    }
    return {};
  }
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
  auto map = std::make_unique<Map>(
      Map{path, std::move(*file), *view, LanguageTable(tags), sources_of(view->bytes(Section::meta))});
  return std::shared_ptr<const Gazetteer>(new Gazetteer(std::move(map)));
}

GazetteerInfo Gazetteer::info() const {
  return {.sources = map_->sources,
          .places = size(),
          .names = map_->view.array<index::NameRecord>(Section::names).size(),
          .streets = 0,
          .houses = 0,
          .bytes = map_->file.bytes().size()};
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
  const auto records = map_->view.array<index::PlaceRecord>(Section::places);
  if (number >= records.size()) return {};
  const auto& record = records[number];
  const auto& view = map_->view;
  Place place{.number = number,
              .kind = static_cast<Kind>(record.kind),
              .key = record.key,
              .location = {.lat_e7 = record.lat_e7, .lng_e7 = record.lng_e7},
              .bounds = std::nullopt,
              .population = record.population,
              .importance = record.importance,
              .country = record.country < records.size() ? record.country : no_place,
              .admin1 = record.admin1 < records.size() ? record.admin1 : no_place,
              .name = view.text(record.name),
              .code = view.text(record.code),
              .timezone = view.text(record.timezone),
              .source = map_->sources.empty() ? std::string_view() : map_->sources.front().name};
  if (place.kind < Kind::locality) {
    const auto extents = view.array<index::ExtentRecord>(Section::extents);
    const auto extent = std::ranges::lower_bound(extents, number, {}, &index::ExtentRecord::place);
    if (extent != extents.end() && extent->place == number) {
      place.bounds = Bounds{.southwest = {.lat_e7 = extent->south_e7, .lng_e7 = extent->west_e7},
                            .northeast = {.lat_e7 = extent->north_e7, .lng_e7 = extent->east_e7}};
    }
  }
  return place;
}

std::optional<PlaceNumber> Gazetteer::find(std::uint64_t key) const {
  const auto keys = map_->view.array<std::uint64_t>(Section::keys);
  const auto it = std::ranges::lower_bound(keys, key);
  if (it == keys.end() || *it != key) return std::nullopt;
  const auto number =
      map_->view.array<std::uint32_t>(Section::key_places)[static_cast<std::size_t>(it - keys.begin())];
  return number < size() ? std::optional(number) : std::nullopt;
}

std::span<const PlaceNumber> Gazetteer::named(std::string_view folded) const {
  return map_->postings(folded);
}

std::span<const PlaceNumber> Gazetteer::coded(std::string_view folded) const {
  std::array<char, 32> term{};
  if (folded.size() >= term.size()) return {};
  term[0] = index::code_mark;
  std::ranges::copy(folded, term.begin() + 1);
  return map_->postings({term.data(), folded.size() + 1});
}

std::string_view Gazetteer::name(PlaceNumber number, const LanguageChain& languages) const {
  const auto& view = map_->view;
  const auto records = view.array<index::PlaceRecord>(Section::places);
  if (number >= records.size()) return {};
  const auto& record = records[number];
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
    const auto& record = map_->view.array<index::PlaceRecord>(Section::places)[hit.place];
    const double metres = distance_m(point, {.lat_e7 = record.lat_e7, .lng_e7 = record.lng_e7});
    if (metres <= radius_m) out[kept++] = {.number = hit.place, .distance_m = metres};
  }
  return kept;
}

}  // namespace waypost::geo
