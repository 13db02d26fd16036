#pragma once

#include <cstdint>
#include <type_traits>

/// The index file, little-endian, all parts aligned to 8 bytes:
///
///   Header · SectionEntry[section_count] · sections
///
/// `Header::check` is the CRC-32 of header (with `check` = 0) and section table, so that opening reads
/// nothing else; each section has a CRC-32 of its own. A reader refuses another `version`: indexes are
/// rebuilt, never upgraded.
///
/// Places are numbered in falling importance, so posting lists sorted by number give the best place first and
/// may be merged and cut short. Texts are in `strings`, as two bytes of length and UTF-8. `terms` holds
/// folded names, sorted bytewise (so prefixes are ranges), each with a posting list; terms that begin with
/// `code_mark` are codes (ISO 3166, postal abbreviations). `keys` and `key_places` are parallel, sorted by
/// key. `spatial` is an implicit k-d tree over the localities (spatial.hpp). `extents` are the known bounds,
/// sorted by place.
namespace waypost::geo::index {

inline constexpr char magic[8] = {'W', 'P', 'G', 'A', 'Z', '\r', '\n', 0x1A};
inline constexpr std::uint32_t version = 1;
inline constexpr char code_mark = '\x01';

enum class Section : std::uint32_t {
  meta = 1,         // text: "key=value\n"…
  strings,          // texts
  places,           // PlaceRecord[]
  names,            // NameRecord[], by place, then by language
  languages,        // LanguageRecord[]
  term_offsets,     // uint32[terms + 1] into terms
  terms,            // bytes
  posting_offsets,  // uint32[terms + 1] into postings
  postings,         // uint32[], ascending within a term
  keys,             // uint64[]
  key_places,       // uint32[]
  spatial,          // SpatialNode[]
  extents,          // ExtentRecord[]
};
inline constexpr std::uint32_t section_count = 13;

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t section_count;
  std::uint64_t file_size;
  std::uint32_t check;
  std::uint32_t reserved;
};

struct SectionEntry {
  std::uint32_t id;
  std::uint32_t check;
  std::uint64_t offset;
  std::uint64_t size;
};

struct PlaceRecord {
  std::uint64_t key;
  std::int32_t lat_e7;
  std::int32_t lng_e7;
  std::uint32_t population;
  std::uint32_t importance;
  std::uint32_t country;
  std::uint32_t admin1;
  std::uint32_t name;
  std::uint32_t code;
  std::uint32_t timezone;
  std::uint32_t names_begin;
  std::uint16_t names_count;
  std::uint8_t kind;
  std::uint8_t reserved[5];
};

struct NameRecord {
  std::uint32_t text;
  std::uint16_t language;
  std::uint16_t reserved;
};

struct LanguageRecord {
  char tag[16];  // lower case, zero-padded
};

/// A point on the sphere of radius 2^30, and its place.
struct SpatialNode {
  std::int32_t x, y, z;
  std::uint32_t place;
};

struct ExtentRecord {
  std::uint32_t place;
  std::int32_t south_e7, west_e7, north_e7, east_e7;
};

static_assert(sizeof(Header) == 32 && sizeof(SectionEntry) == 24 && sizeof(PlaceRecord) == 56);
static_assert(sizeof(NameRecord) == 8 && sizeof(SpatialNode) == 16 && sizeof(ExtentRecord) == 20);
static_assert(std::is_trivially_copyable_v<PlaceRecord>);

}  // namespace waypost::geo::index
