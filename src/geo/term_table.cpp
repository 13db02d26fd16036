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
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

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

/// Minima of pairs, of pairs of pairs and so on; the leaves are each term's first posting.
std::string minima(const std::vector<std::uint32_t>& first) {
  const auto leaves = std::bit_ceil(std::max<std::size_t>(first.size(), 1));
  std::vector<std::uint32_t> tree(2 * leaves, UINT32_MAX);
  std::ranges::copy(first, tree.begin() + static_cast<std::ptrdiff_t>(leaves));
  for (auto i = leaves - 1; i > 0; --i) tree[i] = std::min(tree[2 * i], tree[2 * i + 1]);
  return bytes_of(tree);
}

bool is_word(std::string_view term) {
  const auto mark = static_cast<Mark>(term.front());
  return mark == Mark::street_word || mark == Mark::place_word ||
         (mark == Mark::name && term.find(' ') == std::string_view::npos);
}

/// The variants of each word once, in buckets by the low bits of their hashes.
void variant_sections(const std::vector<std::string_view>& terms, IndexFile& file) {
  struct Keyed {
    std::uint64_t hash;
    std::uint32_t term;
  };
  std::vector<Keyed> all;
  std::unordered_map<std::string_view, std::uint32_t> seen;
  for (std::uint32_t i = 0; i < terms.size(); ++i) {
    if (!is_word(terms[i]) || !seen.emplace(terms[i].substr(1), i).second) continue;
    for (const auto hash : spelling::variants(spelling::letters_of(terms[i].substr(1))))
      all.push_back({.hash = hash, .term = i});
  }
  const auto buckets = std::bit_ceil(all.size() / 4 + 1);
  std::vector<std::uint32_t> offsets(buckets + 1);
  for (const auto& [hash, term] : all) ++offsets[(hash & (buckets - 1)) + 1];
  for (std::size_t i = 1; i <= buckets; ++i) offsets[i] += offsets[i - 1];
  std::vector<index::Variant> variants(all.size());
  auto next = offsets;
  for (const auto& [hash, term] : all) {
    variants[next[hash & (buckets - 1)]++] = {.term = term, .check = static_cast<std::uint32_t>(hash >> 32)};
  }
  file.add(Section::variant_offsets, bytes_of(offsets));
  file.add(Section::variants, bytes_of(variants));
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
  const auto begins = sort_terms();
  std::vector<std::string_view> terms;
  std::vector<std::uint32_t> first;
  std::string term_offsets, term_bytes, posting_offsets, postings;
  for (const auto begin : begins) {
    terms.push_back(texts_.get(postings_[begin].term));
    first.push_back(postings_[begin].place);
    append(term_offsets, static_cast<std::uint32_t>(term_bytes.size()));
    append(posting_offsets, static_cast<std::uint32_t>(postings.size() / sizeof(std::uint32_t)));
    term_bytes += terms.back();
    for (auto i = begin; i < postings_.size() && postings_[i].term == postings_[begin].term; ++i)
      append(postings, postings_[i].place);
  }
  append(term_offsets, static_cast<std::uint32_t>(term_bytes.size()));
  append(posting_offsets, static_cast<std::uint32_t>(postings.size() / sizeof(std::uint32_t)));
  file.add(Section::term_offsets, std::move(term_offsets));
  file.add(Section::terms, std::move(term_bytes));
  file.add(Section::term_slots, hash_table(terms));
  file.add(Section::term_best, minima(first));
  file.add(Section::posting_offsets, std::move(posting_offsets));
  file.add(Section::postings, std::move(postings));
  variant_sections(terms, file);
  return true;
}

}  // namespace waypost::geo
