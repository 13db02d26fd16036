#pragma once

#include <cstddef>
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
/// Places are numbered in falling importance, countries first, then what has a name of its own, then postal
/// codes, then streets; the streets of a locality are neighbours, ordered by folded name. So posting lists
/// sorted by number give the best place first and may be cut short, and the streets of a town are a range of
/// every list. Texts are in `strings`, as two bytes of length and UTF-8.
///
/// `terms` holds marked, folded texts, sorted bytewise (so prefixes are ranges), each with a posting list;
/// `term_slots` is a hash table over them. `top_slots` is one over the beginnings that many terms share, with
/// their best places in `top_places`; what begins otherwise is few enough to be looked through. `neighbours`
/// is a Bloom filter of the words that follow each other in names: most phrases of a query it tells to be
/// none. `variants` maps what is left of each word when letters are taken out to the word (spelling.hpp).
///
/// `keys` and `key_places` are parallel, sorted by key. `spatial` is an implicit k-d tree (spatial.hpp) over
/// the localities, `house_spatial` one over the houses,
/// `code_spatial` one over the postal codes. `extents` are the known bounds, sorted by place.
namespace waypost::geo::index {

inline constexpr char magic[8] = {'W', 'P', 'G', 'A', 'Z', '\r', '\n', 0x1A};
inline constexpr std::uint32_t version = 3;

/// The first byte of a term says what it is the text of.
enum class Mark : char {
  code = 1,         // ISO 3166 code or postal abbreviation of a state
  postal_code = 2,  // without spaces
  street = 3,       // name of a street without words such as "street"
  street_word = 4,  // a word of it
  place_word = 5,   // a word of a place's name of several
  name = 6,         // whole name of a place that is no street
};

enum class Section : std::uint32_t {
  meta = 1,         // text: a line for each source
  strings,          // texts
  places,           // PlaceRecord[]
  names,            // NameRecord[], by place, then by language
  languages,        // LanguageRecord[]
  term_offsets,     // uint32[terms + 1] into terms
  terms,            // bytes
  term_slots,       // TermSlot[], a power of two of them
  top_slots,        // TopSlot[], a power of two of them
  posting_offsets,  // uint32[terms + 1] into postings
  postings,         // uint32[], ascending within a term
  variant_offsets,  // uint32[buckets + 1] into variants, a power of two of buckets
  variants,         // Variant[]
  keys,             // uint64[]
  key_places,       // uint32[]
  links,            // uint32[]: a postal code's localities, a locality's or street's postal codes
  houses,           // HouseRecord[], by street, then by number
  spatial,          // SpatialNode[]
  house_spatial,    // SpatialNode[]
  code_spatial,     // SpatialNode[], of the postal codes
  extents,          // ExtentRecord[]
  polygons,         // see polygons.hpp
  top_places,       // uint32[]: a count, then as many places, ascending
  neighbours,       // uint64[], a power of two of them
};
inline constexpr std::uint32_t section_count = 24;

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
  std::uint32_t admin2;
  std::uint32_t locality;
  std::uint32_t postal_code;
  std::uint32_t name;
  std::uint32_t code;  // of a street: its folded name
  std::uint32_t timezone;
  std::uint32_t names_begin;
  std::uint32_t links_begin;
  std::uint32_t parts_begin;  // houses of a street, streets of a locality
  std::uint32_t parts_count;
  std::uint32_t streets_of;  // of a locality: the one whose streets lie around it
  std::uint16_t names_count;
  std::uint16_t links_count;
  std::uint8_t kind;
  std::uint8_t source;
  std::uint8_t reserved[6];
};

/// A word, found by its variant: `check` are some bits of the variant's hash that its bucket does not tell,
/// and the length of the word (spelling.hpp). Of the terms that a word is, the one of the best place.
struct Variant {
  std::uint32_t term;
  std::uint32_t check;
};

/// The best places of what begins alike, found by the hash of the marked beginning; `places` is one more than
/// where in `top_places` they are, 0 for an empty slot.
struct TopSlot {
  std::uint32_t check;
  std::uint32_t places;
};
/// Beginnings with more postings than this have their best places listed: so many of them.
inline constexpr std::size_t most_looked_through = 2048, most_top_places = 96;

/// Which bits of which of `blocks` (a power of two) stand for two words, by the hash of "first second".
struct NeighbourBits {
  std::size_t block;
  std::uint64_t bits;
};
constexpr NeighbourBits neighbour_bits(std::uint64_t hash, std::size_t blocks) {
  const auto bit = [hash](int shift) { return std::uint64_t{1} << (hash >> shift & 63); };
  return {.block = static_cast<std::size_t>(hash >> 32) & (blocks - 1), .bits = bit(0) | bit(6) | bit(12)};
}

/// A term, found by its hash; `term` is one more than its number, 0 for an empty slot.
struct TermSlot {
  std::uint32_t check;
  std::uint32_t term;
};

struct HouseRecord {
  std::int32_t lat_e7;
  std::int32_t lng_e7;
  std::uint32_t first;  // number, or the first of a range
  std::uint32_t last;   // the last of a range, else `first`
  std::uint32_t text;   // as written
  std::uint32_t postal_code;
  std::uint32_t street;
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

static_assert(sizeof(Header) == 32 && sizeof(SectionEntry) == 24 && sizeof(PlaceRecord) == 88);
static_assert(sizeof(NameRecord) == 8 && sizeof(SpatialNode) == 16 && sizeof(ExtentRecord) == 20);
static_assert(sizeof(HouseRecord) == 28 && sizeof(TermSlot) == 8 && sizeof(Variant) == 8);
static_assert(sizeof(TopSlot) == 8);
static_assert(std::is_trivially_copyable_v<PlaceRecord>);

}  // namespace waypost::geo::index
