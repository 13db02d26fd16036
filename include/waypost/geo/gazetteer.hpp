#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/geo/place.hpp"

namespace waypost::geo {

class IndexView;

/// A place's number in one gazetteer: smaller is more important. Not stable across imports (place ids are).
using PlaceNumber = std::uint32_t;
inline constexpr PlaceNumber no_place = UINT32_MAX;

/// One place, as the index holds it. Views live as long as the gazetteer. A parent that is not known is
/// `no_place`.
struct Place {
  PlaceNumber number = no_place;
  Kind kind = Kind::locality;
  std::uint64_t key = 0;         ///< stable identity: see place_id.hpp
  LatLng location;               ///< of a street: of the house nearest to the middle of all
  std::optional<Bounds> bounds;  ///< the extent, where the index knows one
  std::uint32_t population = 0;
  std::uint32_t importance = 0;     ///< what orders places of the same name
  PlaceNumber country = no_place;   ///< itself for a country
  PlaceNumber admin1 = no_place;    ///< itself for an admin1
  PlaceNumber admin2 = no_place;    ///< itself for an admin2
  PlaceNumber locality = no_place;  ///< itself for a locality; the largest of a postal code's
  PlaceNumber postal_code =
      no_place;               ///< of a street: that of most of its houses; of a locality its only one
  std::string_view name;      ///< in the source's own main form
  std::string_view code;      ///< ISO 3166 code of a country, postal abbreviation of a state; else empty
  std::string_view timezone;  ///< IANA name; may be empty
  std::uint32_t houses = 0;   ///< of a street
  std::string_view source;    ///< name of the source it came from, as in GazetteerInfo
};

/// A house of a street. The number is written as the source has it ("12a", "3;4", "2-14").
struct House {
  std::string_view number;
  LatLng location;
  PlaceNumber postal_code = no_place;  ///< where the source tells one
};

/// Which languages names are wanted in, best first, resolved against one gazetteer's languages.
struct LanguageChain {
  std::uint16_t ids[4] = {};
  std::uint8_t size = 0;
  std::string_view tag;  ///< the primary language that was resolved ("de"); "en" for the fallback
};

/// Where places come from: shown at /v1/gazetteer and with answers.
struct SourceInfo {
  std::string name;     ///< "default", or what the import named it
  std::string kind;     ///< of importer: "geonames", "openaddresses", …
  std::string version;  ///< of the data, as the import stated it
  std::string attribution;
  std::string licence;
  std::string imported_at;  ///< RFC 3339; empty for the built-in one
  std::uint64_t rows = 0;   ///< that were kept
};

/// Facts about a gazetteer, for /v1/gazetteer and logs.
struct GazetteerInfo {
  std::vector<SourceInfo> sources;
  std::uint64_t places = 0;  ///< streets among them
  std::uint64_t names = 0;
  std::uint64_t streets = 0;
  std::uint64_t houses = 0;
  std::uint64_t bytes = 0;
};

/// An immutable, memory-mapped index of places. Opening reads its head only (and, up to 64 MiB, streams
/// through the file once to check it); pages come in as they are used. Every member function may be called
/// from any thread.
class Gazetteer {
 public:
  /// Fails when the file is missing, no gazetteer, of another version, cut short or damaged; the message
  /// names the file and the remedy.
  static Result<std::shared_ptr<const Gazetteer>> open(const std::filesystem::path& path);
  ~Gazetteer();
  Gazetteer(const Gazetteer&) = delete;
  Gazetteer& operator=(const Gazetteer&) = delete;

  GazetteerInfo info() const;
  std::span<const SourceInfo> sources() const;
  const std::filesystem::path& path() const;
  std::uint32_t size() const;
  /// Compares the checksum of every section; reads the whole file.
  Result<void> verify() const;

  /// `number` < size().
  Place place(PlaceNumber number) const;
  /// What Place::code of it is.
  std::string_view code(PlaceNumber number) const;
  /// The place with this key, if there is one.
  std::optional<PlaceNumber> find(std::uint64_t key) const;
  /// The place whose key's upper 53 bits these are: what a double holds of a key.
  std::optional<PlaceNumber> find_by_prefix(std::uint64_t upper_bits) const;
  /// Places, streets apart, that bear exactly this folded name, most important first.
  std::span<const PlaceNumber> named(std::string_view folded) const;
  /// Places whose code (ISO 3166, postal abbreviation) this is, folded.
  std::span<const PlaceNumber> coded(std::string_view folded) const;
  /// House `i` (< Place::houses) of a street, in order of number.
  House house(PlaceNumber street, std::uint32_t i) const;
  /// The localities of a postal code (largest first), the postal codes of a locality or street (in order).
  std::span<const PlaceNumber> localities_of(PlaceNumber postal_code) const;
  std::span<const PlaceNumber> postal_codes_of(PlaceNumber place) const;
  /// What IndexBuilder::set_polygons was given; empty when no polygons were imported.
  std::string_view polygons() const;
  /// The index itself, for the search of this room.
  const IndexView& view() const;
  /// The name to show in the first language of the chain that has one, else the place's own.
  std::string_view name(PlaceNumber number, const LanguageChain& languages) const;
  /// Resolves a BCP 47 tag, or a list with weights as in Accept-Language; English when nothing fits.
  LanguageChain languages(std::string_view tags) const;
  /// The nearest localities, nearest first: at most `count` and within `radius_m`.
  struct Near {
    PlaceNumber number;
    double distance_m;
  };
  std::size_t nearest(LatLng point, double radius_m, std::span<Near> out) const;

 private:
  struct Map;
  explicit Gazetteer(std::unique_ptr<Map> map);
  std::unique_ptr<Map> map_;
};

}  // namespace waypost::geo
