#include "geo/index_view.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "geo/text_hash.hpp"

namespace waypost::geo {
namespace {

using index::Section;

std::unexpected<Error> unusable(const std::filesystem::path& path, const std::string& why) {
  return fail(Code::internal, "the gazetteer " + path.string() + " " + why +
                                  "; import it again (waypost import), or delete it to use the built-in one");
}

/// What one element of the section measures.
std::size_t element_size(Section id) {
  switch (id) {
    case Section::places:
      return sizeof(index::PlaceRecord);
    case Section::names:
      return sizeof(index::NameRecord);
    case Section::languages:
      return sizeof(index::LanguageRecord);
    case Section::term_offsets:
    case Section::posting_offsets:
    case Section::postings:
    case Section::top_places:
    case Section::variant_offsets:
    case Section::key_places:
    case Section::links:
      return sizeof(std::uint32_t);
    case Section::term_slots:
      return sizeof(index::TermSlot);
    case Section::variants:
      return sizeof(index::Variant);
    case Section::top_slots:
      return sizeof(index::TopSlot);
    case Section::keys:
    case Section::neighbours:
      return sizeof(std::uint64_t);
    case Section::houses:
      return sizeof(index::HouseRecord);
    case Section::spatial:
    case Section::house_spatial:
    case Section::code_spatial:
      return sizeof(index::SpatialNode);
    case Section::extents:
      return sizeof(index::ExtentRecord);
    case Section::meta:
    case Section::strings:
    case Section::terms:
    case Section::polygons:
      break;
  }
  return 1;
}

/// Whether a table that is looked up by the low bits of a hash has a size that they can name.
bool is_hash_table(std::size_t slots) {
  return slots == 0 || std::has_single_bit(slots);
}

std::uint32_t checksum(std::uint32_t seed, std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const std::string reason = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return fail(Code::not_found, "cannot open the gazetteer " + path.string() + ": " + reason);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    ::close(fd);
    return unusable(path, "is empty");
  }
  void* const data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  const int reason = errno;
  ::close(fd);
  if (data == MAP_FAILED) {
    return fail(Code::internal, "cannot map the gazetteer " + path.string() + ": " + std::strerror(reason));
  }
  // Lookups jump about: reading ahead would bring in pages nobody asked for.
  ::madvise(data, size, MADV_RANDOM);
  return MappedFile({static_cast<const char*>(data), size});
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

Result<IndexView> IndexView::parse(std::string_view file, const std::filesystem::path& path) {
  index::Header header{};
  if (file.size() < sizeof header) return unusable(path, "is cut short");
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.magic, index::magic, sizeof header.magic) != 0)
    return unusable(path, "is no gazetteer");
  if (header.version != index::version) {
    return unusable(path, "has format " + std::to_string(header.version) + " and this waypost reads format " +
                              std::to_string(index::version));
  }
  if (header.file_size != file.size()) {
    return unusable(path, "is cut short: it has " + std::to_string(file.size()) + " bytes of " +
                              std::to_string(header.file_size));
  }
  const auto table_size = std::size_t{header.section_count} * sizeof(index::SectionEntry);
  if (header.section_count > 1000 || sizeof header + table_size > file.size())
    return unusable(path, "is damaged");
  auto blank = header;
  blank.check = 0;
  const auto table = file.substr(sizeof header, table_size);
  const auto check = checksum(checksum(0, {reinterpret_cast<const char*>(&blank), sizeof blank}), table);
  if (check != header.check) return unusable(path, "has a damaged head");

  IndexView view;
  for (std::size_t i = 0; i < header.section_count; ++i) {
    index::SectionEntry entry{};
    std::memcpy(&entry, table.data() + i * sizeof entry, sizeof entry);
    if (entry.id == 0 || entry.id > index::section_count) continue;
    const auto id = static_cast<Section>(entry.id);
    if (entry.offset > file.size() || entry.size > file.size() - entry.offset || entry.offset % 8 != 0 ||
        entry.size % element_size(id) != 0) {
      return unusable(path, "is damaged");
    }
    view.sections_[entry.id] = file.substr(entry.offset, entry.size);
  }
  view.places_ = view.array<index::PlaceRecord>(Section::places);
  view.slots_ = view.array<index::TermSlot>(Section::term_slots);
  view.term_offsets_ = view.array<std::uint32_t>(Section::term_offsets);
  view.term_bytes_ = view.bytes(Section::terms);
  view.posting_offsets_ = view.array<std::uint32_t>(Section::posting_offsets);
  view.postings_ = view.array<std::uint32_t>(Section::postings);
  view.variant_offsets_ = view.array<std::uint32_t>(Section::variant_offsets);
  view.variants_ = view.array<index::Variant>(Section::variants);
  view.neighbours_ = view.array<std::uint64_t>(Section::neighbours);
  const auto buckets = view.variant_offsets_.empty() ? 0 : view.variant_offsets_.size() - 1;
  if (view.term_offsets_.empty() || view.term_offsets_.size() != view.posting_offsets_.size() ||
      !is_hash_table(view.slots_.size()) || !is_hash_table(buckets) ||
      !is_hash_table(view.array<index::TopSlot>(Section::top_slots).size()) ||
      !is_hash_table(view.neighbours_.size()) ||
      view.array<std::uint64_t>(Section::keys).size() !=
          view.array<std::uint32_t>(Section::key_places).size()) {
    return unusable(path, "lacks a section");
  }
  view.terms_ = view.term_offsets_.size() - 1;
  return view;
}

Result<void> IndexView::verify(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  index::Header header{};
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  std::vector<index::SectionEntry> entries(std::min<std::uint32_t>(header.section_count, 1000));
  in.read(reinterpret_cast<char*>(entries.data()),
          static_cast<std::streamsize>(entries.size() * sizeof(index::SectionEntry)));
  std::vector<char> buffer(1 << 16);
  for (const auto& entry : entries) {
    in.seekg(static_cast<std::streamoff>(entry.offset));
    std::uint32_t check = 0;
    for (auto left = entry.size; left > 0 && in;) {
      const auto part = std::min<std::uint64_t>(left, buffer.size());
      in.read(buffer.data(), static_cast<std::streamsize>(part));
      check = checksum(check, {buffer.data(), static_cast<std::size_t>(in.gcount())});
      left -= part;
    }
    if (!in || check != entry.check)
      return unusable(path, "is damaged (section " + std::to_string(entry.id) + ")");
  }
  return {};
}

std::string_view IndexView::text(std::uint32_t offset) const {
  const auto strings = bytes(Section::strings);
  std::uint16_t size = 0;
  if (strings.size() < sizeof size || offset > strings.size() - sizeof size) return {};
  std::memcpy(&size, strings.data() + offset, sizeof size);
  return strings.substr(offset + sizeof size, size);
}

std::span<const std::uint32_t> IndexView::links(const index::PlaceRecord& place) const {
  const auto all = array<std::uint32_t>(Section::links);
  if (place.links_begin > all.size() || place.links_count > all.size() - place.links_begin) return {};
  return all.subspan(place.links_begin, place.links_count);
}

std::span<const index::HouseRecord> IndexView::houses(const index::PlaceRecord& street) const {
  const auto all = array<index::HouseRecord>(Section::houses);
  if (street.parts_begin > all.size() || street.parts_count > all.size() - street.parts_begin) return {};
  return all.subspan(street.parts_begin, street.parts_count);
}

std::string_view IndexView::term(std::size_t i) const {
  const auto begin = term_offsets_[i], end = term_offsets_[i + 1];
  return begin < end && end <= term_bytes_.size() ? term_bytes_.substr(begin, end - begin)
                                                  : std::string_view();
}

std::span<const std::uint32_t> IndexView::postings(std::size_t i) const {
  const auto begin = posting_offsets_[i], end = posting_offsets_[i + 1];
  if (begin > end || end > postings_.size()) return {};
  return postings_.subspan(begin, end - begin);
}

std::span<const std::uint32_t> IndexView::find(index::Mark mark, std::string_view text) const {
  if (slots_.empty()) return {};
  const auto hash = text_hash(static_cast<std::uint64_t>(mark), text);
  const auto check = static_cast<std::uint32_t>(hash >> 32);
  const auto mask = slots_.size() - 1;
  // A damaged table may have no empty slot: no more probes than there are slots.
  for (std::size_t probe = 0, at = hash & mask; probe <= mask; ++probe, at = (at + 1) & mask) {
    const auto& slot = slots_[at];
    if (slot.term == 0) return {};
    if (slot.check != check || slot.term > terms_) continue;
    const auto found = term(slot.term - 1);
    if (!found.empty() && found.front() == static_cast<char>(mark) && found.substr(1) == text)
      return postings(slot.term - 1);
  }
  return {};
}

std::pair<std::size_t, std::size_t> IndexView::beginning_with(index::Mark mark, std::string_view text) const {
  const auto order = [&](std::string_view term) {
    const auto left = static_cast<unsigned char>(term.empty() ? 0 : term.front());
    const auto right = static_cast<unsigned char>(mark);
    if (left != right) return left < right ? -1 : 1;
    return term.substr(1, text.size()).compare(text);
  };
  const auto boundary = [&](auto is_before) {
    std::size_t first = 0, last = terms_;
    while (first < last) {
      const auto middle = first + (last - first) / 2;
      is_before(order(term(middle))) ? first = middle + 1 : last = middle;
    }
    return first;
  };
  return {boundary([](int o) { return o < 0; }), boundary([](int o) { return o <= 0; })};
}

std::size_t IndexView::best(index::Mark mark, std::string_view beginning,
                            std::span<std::uint32_t> out) const {
  const auto slots = array<index::TopSlot>(Section::top_slots);
  const auto hash = text_hash(static_cast<std::uint64_t>(mark), beginning);
  const auto slot_mask = slots.size() - 1;
  for (std::size_t probe = 0, at = hash & slot_mask; probe < slots.size();
       ++probe, at = (at + 1) & slot_mask) {
    if (slots[at].places == 0) break;
    if (slots[at].check != static_cast<std::uint32_t>(hash >> 32)) continue;
    const auto lists = array<std::uint32_t>(Section::top_places);
    const std::size_t begin = slots[at].places;  // past the count
    if (begin > lists.size() || lists[begin - 1] > lists.size() - begin) return 0;
    const auto list = lists.subspan(begin, std::min<std::size_t>(lists[begin - 1], out.size()));
    std::ranges::copy(list, out.begin());
    return list.size();
  }
  return best_of(beginning_with(mark, beginning), out);
}

/// What is not listed has few postings, unless the index is damaged: then the first of them do.
std::size_t IndexView::best_of(std::pair<std::size_t, std::size_t> range,
                               std::span<std::uint32_t> out) const {
  if (range.first >= range.second) return 0;
  const auto begin = posting_offsets_[range.first], end = posting_offsets_[range.second];
  if (begin > end || end > postings_.size()) return 0;
  std::array<std::uint32_t, index::most_looked_through> places;
  const auto all = postings_.subspan(begin, std::min<std::size_t>(end - begin, places.size()));
  auto last = std::ranges::copy(all, places.begin()).out;
  // Sorting a part is enough, unless places come in it very often.
  constexpr std::ptrdiff_t repeats = 4;
  const auto part = repeats * static_cast<std::ptrdiff_t>(out.size());
  for (const auto sorted : {part, static_cast<std::ptrdiff_t>(all.size())}) {
    const auto middle = places.begin() + std::min(sorted, last - places.begin());
    if (middle != last) std::nth_element(places.begin(), middle, last);
    std::sort(places.begin(), middle);
    const auto found = std::unique_copy(places.begin(), middle, places.begin()) - places.begin();
    if (found >= static_cast<std::ptrdiff_t>(out.size()) || middle == last) {
      const auto count = std::min(static_cast<std::size_t>(found), out.size());
      std::copy_n(places.begin(), count, out.begin());
      return count;
    }
    last = std::ranges::copy(all, places.begin()).out;
  }
  return 0;
}

bool IndexView::may_be_neighbours(std::string_view two_words) const {
  if (neighbours_.empty()) return false;
  const auto [block, bits] = index::neighbour_bits(text_hash(0, two_words), neighbours_.size());
  return (neighbours_[block] & bits) == bits;
}

}  // namespace waypost::geo
