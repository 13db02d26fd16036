#include "geo/term_table.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

#include "geo/spelling.hpp"
#include "geo/text_hash.hpp"

namespace waypost::geo {
namespace {

using index::Mark;
using index::Section;

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// Open addressing, at most two thirds full.
std::string hash_table(const std::vector<std::string_view>& terms) {
  std::vector<index::TermSlot> slots(std::bit_ceil(terms.size() * 3 / 2 + 1));
  for (std::uint32_t i = 0; i < terms.size(); ++i) {
    const auto hash = text_hash(static_cast<unsigned char>(terms[i].front()), terms[i].substr(1));
    auto at = hash & (slots.size() - 1);
    while (slots[at].term != 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = {.check = static_cast<std::uint32_t>(hash >> 32), .term = i + 1};
  }
  return bytes_of(slots);
}

bool is_word(std::string_view term) {
  const auto mark = static_cast<Mark>(term.front());
  return mark == Mark::street_word || mark == Mark::place_word ||
         (mark == Mark::name && term.find(' ') == std::string_view::npos);
}

}  // namespace

/// The terms and their postings, in order of the terms' bytes.
struct TermTable::Sorted {
  std::vector<std::string_view> terms;
  std::vector<std::uint32_t> offsets;  // of each term's postings, and where the last ones end
  std::vector<std::uint32_t> postings;

  std::uint32_t best_of(std::size_t term) const { return postings[offsets[term]]; }
};

namespace {

using Sorted = TermTable::Sorted;

/// The variants of each word once, in buckets by the low bits of their hashes.
void variant_sections(const Sorted& sorted, IndexFile& file) {
  struct Keyed {
    std::uint64_t hash;
    index::Variant variant;
  };
  std::unordered_map<std::string_view, std::uint32_t> best;  // of each word's terms
  for (std::uint32_t i = 0; i < sorted.terms.size(); ++i) {
    if (!is_word(sorted.terms[i])) continue;
    const auto [known, inserted] = best.emplace(sorted.terms[i].substr(1), i);
    if (!inserted && sorted.best_of(i) < sorted.best_of(known->second)) known->second = i;
  }
  std::vector<Keyed> all;
  for (std::uint32_t i = 0; i < sorted.terms.size(); ++i) {
    const auto found = best.find(sorted.terms[i].substr(1));
    if (found == best.end() || found->second != i) continue;
    const auto letters = spelling::letters_of(found->first);
    for (const auto hash : spelling::variants(letters)) {
      all.push_back(
          {.hash = hash, .variant = {.term = i, .check = spelling::variant_check(hash, letters.size())}});
    }
  }
  const auto buckets = std::bit_ceil(all.size() / 4 + 1);
  std::vector<std::uint32_t> offsets(buckets + 1);
  for (const auto& [hash, variant] : all) ++offsets[(hash & (buckets - 1)) + 1];
  for (std::size_t i = 1; i <= buckets; ++i) offsets[i] += offsets[i - 1];
  std::vector<index::Variant> variants(all.size());
  auto next = offsets;
  for (const auto& [hash, variant] : all) variants[next[hash & (buckets - 1)]++] = variant;
  file.add(Section::variant_offsets, bytes_of(offsets));
  file.add(Section::variants, bytes_of(variants));
}

/// Lists the best places of every beginning that more terms share than can be looked through.
class Tops {
 public:
  explicit Tops(const Sorted& sorted) : sorted_(sorted) {
    for (const auto mark : {Mark::postal_code, Mark::street, Mark::name}) {
      const char marked[] = {static_cast<char>(mark), static_cast<char>(static_cast<char>(mark) + 1)};
      const auto at = [&](char c) {
        return std::ranges::lower_bound(sorted_.terms, std::string_view(&c, 1)) - sorted_.terms.begin();
      };
      go_on(static_cast<std::size_t>(at(marked[0])), static_cast<std::size_t>(at(marked[1])), 1);
    }
  }

  void write(IndexFile& file) const {
    std::vector<index::TopSlot> slots(std::bit_ceil(lists_.size() * 2 + 1));
    for (const auto& [hash, places] : lists_) {
      auto at = hash & (slots.size() - 1);
      while (slots[at].places != 0) at = (at + 1) & (slots.size() - 1);
      slots[at] = {.check = static_cast<std::uint32_t>(hash >> 32), .places = places + 1};
    }
    file.add(Section::top_slots, bytes_of(slots));
    file.add(Section::top_places, bytes_of(places_));
  }

 private:
  /// Terms [first, last) share `length` bytes: lists what those share that go on with the same letter.
  void go_on(std::size_t first, std::size_t last, std::size_t length) {
    while (first < last) {
      const auto term = sorted_.terms[first];
      if (term.size() == length) {
        ++first;
        continue;
      }
      auto longer = length + 1;
      while (longer < term.size() && (static_cast<unsigned char>(term[longer]) & 0xC0) == 0x80) ++longer;
      const auto beginning = term.substr(0, longer);
      auto end = first + 1;
      while (end < last && sorted_.terms[end].starts_with(beginning)) ++end;
      if (sorted_.offsets[end] - sorted_.offsets[first] > index::most_looked_through) {
        list(beginning, first, end);
        go_on(first, end, longer);
      }
      first = end;
    }
  }

  void list(std::string_view beginning, std::size_t first, std::size_t last) {
    std::vector<std::uint32_t> all(sorted_.postings.begin() + sorted_.offsets[first],
                                   sorted_.postings.begin() + sorted_.offsets[last]);
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    if (all.size() > index::most_top_places) all.resize(index::most_top_places);
    lists_.emplace_back(text_hash(static_cast<unsigned char>(beginning.front()), beginning.substr(1)),
                        static_cast<std::uint32_t>(places_.size()));
    places_.push_back(static_cast<std::uint32_t>(all.size()));
    places_.insert(places_.end(), all.begin(), all.end());
  }

  const Sorted& sorted_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> lists_;
  std::vector<std::uint32_t> places_;
};

/// A Bloom filter of the words that follow each other in names of places and streets.
std::string neighbours(const std::vector<std::string_view>& terms) {
  constexpr std::size_t bits_for_each = 12, bits_of_block = 64;
  std::vector<std::uint64_t> hashes;
  for (const auto term : terms) {
    const auto mark = static_cast<Mark>(term.front());
    if (mark != Mark::name && mark != Mark::street) continue;
    const auto name = term.substr(1);
    std::size_t first = 0;
    for (auto second = name.find(' '); second != std::string_view::npos;) {
      const auto end = name.find(' ', second + 1);
      hashes.push_back(text_hash(0, name.substr(first, std::min(end, name.size()) - first)));
      first = second + 1;
      second = end;
    }
  }
  std::ranges::sort(hashes);
  const auto repeated = std::ranges::unique(hashes);
  hashes.erase(repeated.begin(), repeated.end());
  std::vector<std::uint64_t> blocks(std::bit_ceil(hashes.size() * bits_for_each / bits_of_block + 1));
  for (const auto hash : hashes) {
    const auto [block, bits] = index::neighbour_bits(hash, blocks.size());
    blocks[block] |= bits;
  }
  return bytes_of(blocks);
}

}  // namespace

void TermTable::add(Mark mark, std::string_view text, std::uint32_t place) {
  if (text.empty()) return;
  buffer_.assign(1, static_cast<char>(mark));
  buffer_ += text;
  postings_.push_back({.term = texts_.add(buffer_), .place = place});
}

/// Sorts the postings by term and place; returns where each term's begin, in order of the terms' bytes.
std::vector<std::uint32_t> TermTable::sort_terms() {
  const auto order = [](const Posting& posting) { return std::pair(posting.term, posting.place); };
  std::ranges::sort(postings_, {}, order);
  const auto repeated = std::ranges::unique(postings_, {}, order);
  postings_.erase(repeated.begin(), repeated.end());
  std::vector<std::uint32_t> begins;
  for (std::size_t i = 0; i < postings_.size(); ++i) {
    if (i == 0 || postings_[i].term != postings_[i - 1].term) begins.push_back(static_cast<std::uint32_t>(i));
  }
  std::ranges::sort(begins, {}, [this](std::uint32_t i) { return texts_.get(postings_[i].term); });
  return begins;
}

bool TermTable::write(IndexFile& file) {
  if (postings_.size() > UINT32_MAX || texts_.bytes().size() > UINT32_MAX) return false;
  Sorted sorted;
  std::string term_bytes;
  std::vector<std::uint32_t> term_offsets;
  sorted.postings.reserve(postings_.size());
  for (const auto begin : sort_terms()) {
    sorted.terms.push_back(texts_.get(postings_[begin].term));
    term_offsets.push_back(static_cast<std::uint32_t>(term_bytes.size()));
    term_bytes += sorted.terms.back();
    sorted.offsets.push_back(static_cast<std::uint32_t>(sorted.postings.size()));
    for (auto i = begin; i < postings_.size() && postings_[i].term == postings_[begin].term; ++i)
      sorted.postings.push_back(postings_[i].place);
  }
  postings_ = {};
  term_offsets.push_back(static_cast<std::uint32_t>(term_bytes.size()));
  sorted.offsets.push_back(static_cast<std::uint32_t>(sorted.postings.size()));
  file.add(Section::term_offsets, bytes_of(term_offsets));
  file.add(Section::terms, std::move(term_bytes));
  file.add(Section::term_slots, hash_table(sorted.terms));
  file.add(Section::posting_offsets, bytes_of(sorted.offsets));
  file.add(Section::postings, bytes_of(sorted.postings));
  file.add(Section::neighbours, neighbours(sorted.terms));
  Tops(sorted).write(file);
  variant_sections(sorted, file);
  return true;
}

}  // namespace waypost::geo
