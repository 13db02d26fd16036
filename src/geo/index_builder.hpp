#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geo/index_format.hpp"
#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

namespace waypost::geo {

class IndexFile;

/// Texts, each kept once, one after the other in one buffer: two bytes of length, then the bytes.
class TextPool {
 public:
  TextPool() { add({}); }
  /// The text's offset. Texts over 65,535 bytes are cut.
  std::uint32_t add(std::string_view text);
  std::string_view get(std::uint32_t offset) const;
  const std::string& bytes() const { return bytes_; }

 private:
  // Keyed by hash and compared in the buffer: the texts are not held twice.
  std::unordered_multimap<std::uint64_t, std::uint32_t> offsets_;
  std::string bytes_;
};

/// What an importer knows of one place.
struct DraftPlace {
  Kind kind = Kind::locality;
  std::uint64_t key = 0;
  std::optional<LatLng> location;  ///< areas without one get it from the localities in them
  std::uint32_t population = 0;
  std::string_view name;
  std::string_view code;
  std::string_view timezone;
  std::string_view country;  ///< ISO 3166 alpha-2, upper case
  std::string_view admin1;   ///< the source's code within the country
  std::string_view admin2;   ///< the source's code within the admin1; may be empty
  std::uint8_t source = 0;   ///< of IndexBuilder::add_source
};

/// A row of a postal code file. One code may have several localities, and one locality several codes.
struct DraftPostalCode {
  std::string_view country;   ///< ISO 3166 alpha-2, upper case
  std::string_view code;      ///< as written; spaces and hyphens do not count
  std::string_view locality;  ///< becomes a place of its own unless one of that name is near; may be empty
  std::string_view admin1_name;
  std::string_view admin1;  ///< the source's code within the country; may be empty
  std::string_view admin2_name;
  std::optional<LatLng> location;  ///< else from the houses that bear the code
  std::uint8_t source = 0;
};

/// A row of an address file: a house of a street.
struct DraftAddress {
  std::string_view country;  ///< ISO 3166 alpha-2, upper case
  std::string_view number;   ///< as written: "12a", "2-14", "3;4"
  std::string_view street;
  std::string_view city;  ///< what the row calls the town: a locality, a suburb, or empty
  std::string_view district;
  std::string_view region;
  std::string_view postal_code;  ///< may be empty
  LatLng location;
  std::uint8_t source = 0;
};

/// Of several names in a language the lowest rank is shown.
enum class NameRank : std::uint8_t { preferred, plain };

/// Collects places and names, then writes an index. One thread.
class IndexBuilder {
 public:
  /// The draft's number. `place.country` must be given. A second country, or admin1, of the same code is
  /// merged into the first.
  std::uint32_t add(const DraftPlace& place);
  /// A name in a language (lower-case BCP 47, or "" for a name that is searched for and never shown).
  void add_name(std::uint32_t draft, std::string_view language, std::string_view name,
                NameRank rank = NameRank::plain);
  std::optional<std::uint32_t> country(std::string_view code) const;
  std::optional<std::uint32_t> admin1(std::string_view country_and_code) const;  ///< "US.IL"
  std::size_t size() const { return drafts_.size(); }
  /// The number of a source, for the drafts that come from it; at most 255 of them. Call before its drafts.
  std::uint8_t add_source(SourceInfo source);
  /// How many of a source's rows were kept, once known.
  void set_rows(std::uint8_t source, std::uint64_t rows);
  /// A row of a postal code file; `code` not empty.
  void add_postal_code(const DraftPostalCode& row);
  /// A row of an address file; `street` not empty. Rows may come in any order; their texts are copied.
  void add_address(const DraftAddress& row);
  /// A blob that the index keeps for the reader of polygons; it names places by key.
  void set_polygons(std::string section) { polygons_ = std::move(section); }

  struct Written {
    std::uint64_t places = 0, names = 0;
    std::uint64_t streets = 0, houses = 0;
    std::uint64_t united = 0;            ///< places that another source had too
    std::uint64_t without_location = 0;  ///< areas that hold no locality
    std::uint64_t same_key = 0;          ///< left out: another place has that id
  };
  /// Unites what several sources say of one place, makes streets of addresses, adds what ICU knows of
  /// countries, orders the places, and writes the index to `path`, synced. Call once.
  Result<Written> write(const std::filesystem::path& path);

 private:
  struct Draft {
    std::uint64_t key;
    LatLng location;
    std::uint32_t population, importance;
    std::uint32_t name, code, timezone, country_code, admin1_code;
    std::uint32_t country, admin1;
    std::optional<Bounds> bounds;
    Kind kind;
    bool located, dropped;
  };
  struct Name {
    std::uint32_t draft, text, order;
    std::uint16_t language;
    NameRank rank;
  };

  std::string meta_section() const;
  std::uint16_t language_id(std::string_view tag);
  void add_country_names();
  void resolve_parents();
  void derive_areas();
  void weigh_areas();
  std::vector<std::uint32_t> order(Written& written);
  std::string places_section(const std::vector<std::uint32_t>& ordered, std::string& names_section);
  std::string languages_section() const;
  void term_sections(const std::vector<std::uint32_t>& ordered, std::string (&out)[4]) const;

  void lookup_sections(const std::vector<std::uint32_t>& ordered, IndexFile& file) const;

  TextPool texts_;
  std::vector<Draft> drafts_;
  std::vector<Name> names_;
  std::vector<SourceInfo> sources_;
  std::string polygons_;
  std::vector<std::string> languages_{""};
  std::unordered_map<std::string, std::uint16_t> language_ids_{{"", 0}};
  std::unordered_map<std::string, std::uint32_t> countries_, admin1s_;
};

}  // namespace waypost::geo
