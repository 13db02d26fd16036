#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "geo/index_format.hpp"
#include "waypost/base/error.hpp"

namespace waypost::geo {

/// A file mapped for reading. Any thread.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

/// The sections of an index, typed. Reading outside a section gives nothing rather than a fault: an index too
/// large to be checked when opened may be damaged.
class IndexView {
 public:
  /// Checks magic, version, length, the head's checksum and the shape of every section.
  static Result<IndexView> parse(std::string_view file, const std::filesystem::path& path);

  std::string_view bytes(index::Section id) const { return sections_[static_cast<std::size_t>(id)]; }
  template <class T>
  std::span<const T> array(index::Section id) const {
    const auto section = bytes(id);
    return {reinterpret_cast<const T*>(section.data()), section.size() / sizeof(T)};
  }
  std::string_view text(std::uint32_t offset) const;

  /// Null outside.
  const index::PlaceRecord* place(std::uint32_t number) const {
    return number < places_.size() ? &places_[number] : nullptr;
  }
  std::uint32_t places() const { return static_cast<std::uint32_t>(places_.size()); }
  bool has_streets() const { return !bytes(index::Section::houses).empty(); }
  std::span<const std::uint32_t> links(const index::PlaceRecord& place) const;
  /// Of a street.
  std::span<const index::HouseRecord> houses(const index::PlaceRecord& street) const;

  std::size_t terms() const { return terms_; }
  /// With its mark.
  std::string_view term(std::size_t i) const;
  std::span<const std::uint32_t> postings(std::size_t i) const;
  /// Postings of the marked text; empty when there is no such term.
  std::span<const std::uint32_t> find(index::Mark mark, std::string_view text) const;
  /// The terms that begin with the marked text: [first, last).
  std::pair<std::size_t, std::size_t> beginning_with(index::Mark mark, std::string_view text) const;
  /// The best places of the terms that begin with the marked text, of postal codes, streets and names: fills
  /// `out` (at most index::most_top_places), ascending, without repeats; returns how many.
  std::size_t best(index::Mark mark, std::string_view beginning, std::span<std::uint32_t> out) const;
  /// False when no name of a place or street has these two words ("new york") one after the other.
  bool may_be_neighbours(std::string_view two_words) const;
  /// Terms of words that may have the variant of this hash among theirs, with its `check`; others may be
  /// among them.
  template <class Visit>
  void variants(std::uint64_t hash, Visit visit) const;

  /// Whether every section's bytes match their checksum: streams through the file without mapping it in.
  static Result<void> verify(const std::filesystem::path& path);

 private:
  std::size_t best_of(std::pair<std::size_t, std::size_t> terms, std::span<std::uint32_t> out) const;

  std::array<std::string_view, index::section_count + 1> sections_;
  std::span<const index::PlaceRecord> places_;
  std::span<const index::TermSlot> slots_;
  std::span<const std::uint32_t> term_offsets_, posting_offsets_, postings_, variant_offsets_;
  std::span<const index::Variant> variants_;
  std::span<const std::uint64_t> neighbours_;
  std::string_view term_bytes_;
  std::size_t terms_ = 0;
};

template <class Visit>
void IndexView::variants(std::uint64_t hash, Visit visit) const {
  if (variant_offsets_.size() < 2) return;
  const auto bucket = hash & (variant_offsets_.size() - 2);
  const auto begin = variant_offsets_[bucket], end = variant_offsets_[bucket + 1];
  if (begin > end || end > variants_.size()) return;
  for (const auto& variant : variants_.subspan(begin, end - begin)) {
    if (variant.term < terms_) visit(variant);
  }
}

}  // namespace waypost::geo
