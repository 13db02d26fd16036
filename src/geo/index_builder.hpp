#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "geo/index_file.hpp"
#include "geo/text_pool.hpp"
#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

namespace waypost::geo {

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
  /// countries, orders the places, and writes the index as IndexFile does. Call once.
  Result<Written> write(const std::filesystem::path& path);

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  /// A place to be; texts by their offsets in the pool, other drafts by their numbers.
  struct Draft {
    std::uint64_t key;
    LatLng location;
    std::uint32_t population, importance;
    std::uint32_t name, code, timezone, country_code, admin1_code, admin2_code;
    std::uint32_t country = none, admin1 = none, admin2 = none, locality = none, postal_code = none;
    std::uint32_t houses_begin = 0, houses_count = 0;
    std::uint32_t folded = 0;  ///< of a street: its name
    std::optional<Bounds> bounds;
    Kind kind;
    std::uint8_t source;
    bool located, dropped = false;
    bool listed = false;  ///< of a postal code: in a file of them, which lists all of a town's
  };
  struct Name {
    std::uint32_t draft, text, order;
    std::uint16_t language;
    NameRank rank;
  };
  struct PostalRow {
    LatLng location;
    std::uint32_t country, code, locality, admin1_name, admin1, admin2_name;
    std::uint8_t source;
    bool located;
  };
  struct AddressRow {
    LatLng location;
    std::uint32_t country, number, street, city, region, postal_code;
    std::uint8_t source;
  };
  struct HouseDraft {
    LatLng location;
    std::uint32_t street, first, last, number, key, postal_code;
  };
  /// What the passes over postal codes and addresses share (index_towns.cpp).
  class Towns;

  std::uint16_t language_id(std::string_view tag);
  std::uint32_t ensure_country(std::uint32_t code);
  std::uint32_t new_town(std::uint32_t country, std::string_view name, LatLng location,
                         std::string_view admin1, std::uint8_t source);
  std::uint32_t postal_draft(std::uint32_t country, std::string_view written, LatLng location, bool located,
                             std::uint8_t source);
  std::uint32_t street_draft(std::uint32_t town, const AddressRow& row);

  void unite(Written& written);
  void move_names(const std::vector<std::uint32_t>& to);
  void add_country_names();
  void settle_postal_codes(Towns& towns);
  void settle_addresses(Towns& towns);
  void sort_houses();
  void gather_houses(Written& written);
  void locate_codes();
  void resolve_parents();
  void derive_areas();
  void weigh_areas();
  void weigh_codes();
  void order(Written& written);
  void order_streets();

  std::string meta_section() const;
  std::string languages_section() const;
  void place_sections(IndexFile& file, Written& written);
  bool term_sections(IndexFile& file) const;
  void house_sections(IndexFile& file) const;
  void lookup_sections(IndexFile& file) const;
  std::vector<std::uint32_t> streets_around() const;

  TextPool texts_;
  std::vector<Draft> drafts_;
  std::vector<Name> names_;
  std::vector<SourceInfo> sources_;
  std::string polygons_;
  std::vector<std::string> languages_{""};
  std::unordered_map<std::string, std::uint16_t> language_ids_{{"", 0}};
  std::unordered_map<std::string, std::uint32_t> countries_, admin1s_, admin2s_;
  std::vector<PostalRow> postal_rows_;
  std::vector<AddressRow> address_rows_;
  std::unordered_map<std::uint64_t, std::uint32_t> postal_codes_;  // country and code, draft
  std::unordered_map<std::uint64_t, std::uint32_t> streets_;       // town and folded name, draft
  std::vector<HouseDraft> houses_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>>
      links_;                           // drafts: a code's towns, a town's or street's codes
  std::vector<std::uint32_t> ordered_;  // drafts by number
  std::vector<std::uint32_t> numbers_;  // numbers by draft
};

}  // namespace waypost::geo
