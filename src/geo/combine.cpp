#include "geo/combine.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "geo/default_data.hpp"
#include "geo/fold.hpp"
#include "geo/geonames.hpp"
#include "geo/polygon_source.hpp"
#include "geo/polygons.hpp"
#include "geo/regions.hpp"
#include "geo/row_log.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

SourceInfo built_in_towns() {
  return {.name = "default",
          .kind = "geonames",
          .version = std::string(default_data::version()),
          .attribution = "© GeoNames (www.geonames.org)",
          .licence = "CC BY 4.0",
          .imported_at = {}};
}

SourceInfo built_in_shapes() {
  return {.name = "natural-earth",
          .kind = "polygons",
          .version = std::string(default_data::boundaries_version()),
          .attribution = "Made with Natural Earth (www.naturalearthdata.com)",
          .licence = "public domain",
          .imported_at = {}};
}

bool is_geonames(const SourceInfo& source) {
  return source.kind == "geonames";
}

/// GeoNames first: what others call the same place only adds to it. Then in the order of their names.
bool comes_before(const SourceInfo& a, const SourceInfo& b) {
  if (is_geonames(a) != is_geonames(b)) return is_geonames(a);
  return a.name < b.name;
}

std::uint64_t country_key(std::string_view iso) {
  return place_key(geonames_family, iso);
}

/// The middle of the largest ring's box: near enough for a country without a town.
LatLng middle_of(const std::vector<Ring>& rings) {
  double largest = -1;
  LatLng middle;
  for (const auto& ring : rings) {
    const auto [west, east] = std::ranges::minmax(ring, {}, &Corner::x);
    const auto [south, north] = std::ranges::minmax(ring, {}, &Corner::y);
    const double width = double(east.x) - west.x, height = double(north.y) - south.y;
    if (width * height <= largest) continue;
    largest = width * height;
    middle = {.lat_e7 = static_cast<std::int32_t>(south.y + height / 2),
              .lng_e7 = static_cast<std::int32_t>(west.x + width / 2)};
  }
  return middle;
}

Result<void> read_built_in_towns(const RowSink& sink, RowLog& log) {
  const std::pair<GeonamesTable, std::string_view> tables[] = {
      {GeonamesTable::countries, default_data::countries()},
      {GeonamesTable::admin1, default_data::admin1()},
      {GeonamesTable::places, default_data::cities()},
      {GeonamesTable::alternate_names, default_data::alternate_names()},
  };
  GeonamesReader reader(sink, log);
  for (const auto& [table, bytes] : tables)
    if (auto done = reader.read(table, Input::over(bytes, "built-in data")); !done) return done;
  return {};
}

Result<void> read_built_in_shapes(const RowSink& sink, RowLog& log) {
  const auto done =
      read_polygons(Input::over(default_data::boundaries(), "built-in data"), std::nullopt, sink, log);
  return done ? Result<void>() : std::unexpected(done.error());
}

/// Hands the rows of all sources to an index builder. One thread.
class Combiner {
 public:
  void begin(const SourceInfo& info) { source_ = builder_.add_source(info); }
  void rows(std::uint64_t count) { builder_.set_rows(source_, count); }

  void add(const SourceRow& row) {
    std::visit([this](const auto& fields) { take(fields); }, row);
  }

  /// Of built-in rows beside an imported dump: countries, states, and names of places that the dump has.
  void lend(const SourceRow& row) {
    const auto* place = std::get_if<DraftPlace>(&row);
    if (place == nullptr || place->kind == Kind::country || place->kind == Kind::admin1) add(row);
  }

  Result<IndexBuilder::Written> write(const std::filesystem::path& path) {
    for (const auto& code : codes_)
      if (!builder_.country(code)) add_country(code, std::nullopt);
    std::vector<Shape> shapes;
    for (auto& shape : shapes_) shapes.push_back(resolved(std::move(shape)));
    shapes_.clear();
    builder_.set_polygons(build_polygons(shapes));
    return builder_.write(path);
  }

 private:
  /// A shape, and what its texts said, until all places are known.
  struct PendingShape {
    Shape shape;
    std::string country, admin1, iso, name;
    std::uint8_t source;
  };

  void take(const DraftPlace& row) {
    DraftPlace place = row;
    place.source = source_;
    const auto draft = builder_.add(place);
    drafts_.emplace_back(place.key, draft);
    sorted_ = false;
    codes_.emplace(place.country);
    if (place.kind == Kind::admin1) {
      states_.insert(place.key);
      know_state(place.country, place.code, place.key);
      know_state(place.country, place.name, place.key);
    }
    if (!place.location) return;
    located_.insert(country_key(place.country));
    if (!place.admin1.empty())
      located_.insert(
          place_key(geonames_family, std::string(place.country) + '.' + std::string(place.admin1)));
  }

  void take(const SourceName& name) {
    const auto draft = draft_of(name.key);
    if (!draft) return;
    builder_.add_name(*draft, name.language, name.name, name.rank);
    if (!states_.contains(name.key)) return;
    const auto country = state_countries_.find(name.key);
    if (country != state_countries_.end()) know_state(country->second, name.name, name.key);
  }

  void take(const DraftPostalCode& row) {
    DraftPostalCode code = row;
    code.source = source_;
    builder_.add_postal_code(code);
  }

  void take(const DraftAddress& row) {
    DraftAddress address = row;
    address.source = source_;
    builder_.add_address(address);
  }

  /// The first source that has a country's or state's shape gives it.
  void take(const SourceShape& row) {
    const auto name = std::string(row.country) + '/' + std::string(row.iso) + '/' + std::string(row.name);
    const auto identity = row.kind == Kind::country ? std::string(row.country) : name;
    const auto [own, inserted] = shape_sources_.try_emplace(identity, source_);
    if (!inserted && own->second != source_) return;
    shapes_.push_back({.shape = {.kind = row.kind, .key = 0, .country = 0, .rings = row.rings},
                       .country = std::string(row.country),
                       .admin1 = std::string(row.admin1),
                       .iso = std::string(row.iso),
                       .name = std::string(row.name),
                       .source = source_});
  }

  std::optional<std::uint32_t> draft_of(std::uint64_t key) {
    if (!drafts_.empty() && drafts_.back().first == key) return drafts_.back().second;
    if (!sorted_) std::ranges::sort(drafts_);
    sorted_ = true;
    const auto it =
        std::ranges::lower_bound(drafts_, key, {}, &std::pair<std::uint64_t, std::uint32_t>::first);
    return it == drafts_.end() || it->first != key ? std::nullopt : std::optional(it->second);
  }

  void know_state(std::string_view country, std::string_view name, std::uint64_t key) {
    state_countries_.emplace(key, country);
    if (!name.empty()) states_by_name_.emplace(std::string(country) + '/' + fold(name), key);
  }

  void add_country(std::string_view code, std::optional<LatLng> location) {
    const auto name = country_name(code, "en");
    builder_.add({.kind = Kind::country,
                  .key = country_key(code),
                  .location = location,
                  .name = name.empty() ? code : std::string_view(name),
                  .code = code,
                  .country = code,
                  .source = source_});
  }

  /// The shape with the keys of its places, which are made where no source knows them.
  Shape resolved(PendingShape pending) {
    Shape shape = std::move(pending.shape);
    source_ = pending.source;
    shape.country = country_key(pending.country);
    const auto middle = middle_of(shape.rings);
    if (located_.insert(shape.country).second || !builder_.country(pending.country))
      add_country(pending.country, middle);
    shape.key = shape.country;
    if (shape.kind == Kind::admin1) shape.key = state_key(pending, middle);
    return shape;
  }

  std::uint64_t state_key(const PendingShape& shape, LatLng middle) {
    const auto code = shape.iso.substr(std::min<std::size_t>(3, shape.iso.size()));
    std::uint64_t key = place_key(geonames_family, shape.country + '.' + shape.admin1);
    for (const auto& name : {code, shape.name}) {
      if (states_.contains(key)) break;
      const auto known = states_by_name_.find(shape.country + '/' + fold(name));
      if (!name.empty() && known != states_by_name_.end()) key = known->second;
    }
    if (states_.contains(key)) return key;
    const auto id = shape.iso.empty() ? shape.country + '-' + shape.name : shape.iso;
    key = place_key("iso3166-2", id);
    states_.insert(key);
    builder_.add({.kind = Kind::admin1,
                  .key = key,
                  .location = middle,
                  .name = shape.name.empty() ? std::string_view(code) : shape.name,
                  .code = {},
                  .country = shape.country,
                  .admin1 = code.empty() ? shape.name : code,
                  .source = shape.source});
    return key;
  }

  IndexBuilder builder_;
  std::uint8_t source_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> drafts_;  // by key once sorted
  bool sorted_ = true;
  std::unordered_set<std::string> codes_;      // of countries that places are in
  std::unordered_set<std::uint64_t> located_;  // countries and states with something in them
  std::unordered_set<std::uint64_t> states_;
  std::unordered_map<std::uint64_t, std::string> state_countries_;
  std::unordered_map<std::string, std::uint64_t> states_by_name_;  // "US/illinois", "US/il"
  std::vector<PendingShape> shapes_;
  std::unordered_map<std::string, std::uint8_t> shape_sources_;
};

Result<void> add_all(Combiner& combiner, SourceReader& source) {
  for (;;) {
    const auto row = source.next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    combiner.add(**row);
  }
}

}  // namespace

std::vector<SourceInfo> combined_sources(std::vector<SourceInfo> imported) {
  std::ranges::sort(imported, comes_before);
  imported.push_back(built_in_towns());
  imported.push_back(built_in_shapes());
  return imported;
}

Result<IndexBuilder::Written> build_index(const std::vector<std::filesystem::path>& sources,
                                          const std::filesystem::path& path) {
  std::vector<SourceReader> readers;
  for (const auto& source : sources) {
    auto reader = SourceReader::open(source);
    if (!reader) return std::unexpected(std::move(reader.error()));
    readers.push_back(std::move(*reader));
  }
  std::ranges::sort(readers, comes_before, &SourceReader::info);
  Combiner combiner;
  for (auto& reader : readers) {
    combiner.begin(reader.info());
    if (auto done = add_all(combiner, reader); !done) return std::unexpected(std::move(done.error()));
    combiner.rows(reader.info().rows);
  }
  const bool lent = !readers.empty() && is_geonames(readers.front().info());
  RowLog towns(0, {}), shapes(0, {});
  combiner.begin(built_in_towns());
  const RowSink add = [&](const SourceRow& row) { combiner.add(row); };
  const RowSink lend = [&](const SourceRow& row) { combiner.lend(row); };
  if (auto done = read_built_in_towns(lent ? lend : add, towns); !done)
    return std::unexpected(std::move(done.error()));
  combiner.rows(towns.rows());
  combiner.begin(built_in_shapes());
  if (auto done = read_built_in_shapes(add, shapes); !done) return std::unexpected(std::move(done.error()));
  combiner.rows(shapes.rows());
  return combiner.write(path);
}

std::vector<Shape> built_in_boundaries(std::uint64_t (*key_of)(std::string_view iso)) {
  std::vector<Shape> shapes;
  RowLog log(0, {});
  const auto done = read_built_in_shapes(
      [&](const SourceRow& row) {
        const auto& shape = std::get<SourceShape>(row);
        const auto key = key_of(shape.country);
        shapes.push_back({.kind = Kind::country, .key = key, .country = key, .rings = shape.rings});
      },
      log);
  if (!done) throw std::logic_error("the built-in boundaries cannot be read: " + done.error().message);
  return shapes;
}

}  // namespace waypost::geo
