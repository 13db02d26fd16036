#include "geo/spelling.hpp"

#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "geo/text_hash.hpp"

namespace waypost::geo::spelling {
namespace {

constexpr std::size_t least_letters = 4, long_word = 8, most_letters = Distance::most_letters;
constexpr std::size_t beginning = 7;  // letters of a word that variants are made of

std::uint64_t hash_of(std::u32string_view letters) {
  return text_hash(0, {reinterpret_cast<const char*>(letters.data()), letters.size() * sizeof(char32_t)});
}

/// Calls `visit` with each letter; U+FFFD for what is no UTF-8.
template <class Visit>
void each_letter(std::string_view utf8, Visit visit) {
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(utf8.data(), i, size, c);
    visit(static_cast<char32_t>(c));
  }
}

char32_t first_letter(std::string_view utf8) {
  std::int32_t i = 0;
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(utf8.data(), i, static_cast<std::int32_t>(utf8.size()), c);
  return static_cast<char32_t>(c);
}

constexpr std::uint32_t length_mask = 63;  // of a variant's check

}  // namespace

std::size_t forgiven(std::u32string_view letters) {
  if (letters.size() < least_letters || letters.size() > most_letters) return 0;
  if (std::ranges::any_of(letters, [](char32_t c) { return c >= U'0' && c <= U'9'; })) return 0;
  return letters.size() < long_word ? 1 : 2;
}

std::u32string letters_of(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  each_letter(utf8, [&out](char32_t c) { out += c; });
  return out;
}

std::vector<std::uint64_t> variants(std::u32string_view letters) {
  std::vector<std::uint64_t> out;
  const auto errors = forgiven(letters);
  if (errors == 0) return out;
  const auto prefix = letters.substr(0, beginning);
  out.push_back(hash_of(prefix));
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    std::u32string one(prefix);
    one.erase(i, 1);
    out.push_back(hash_of(one));
    if (errors < 2) continue;
    for (std::size_t j = i; j < one.size(); ++j) {
      std::u32string two(one);
      two.erase(j, 1);
      out.push_back(hash_of(two));
    }
  }
  return out;
}

std::uint32_t variant_check(std::uint64_t hash, std::size_t letters) {
  const auto length = static_cast<std::uint32_t>(std::min<std::size_t>(letters, length_mask));
  return (static_cast<std::uint32_t>(hash >> 32) & ~length_mask) | length;
}

Distance::Distance(std::u32string_view word) : size_(std::min(word.size(), most_letters)) {
  for (std::size_t i = 0; i < size_; ++i) {
    const auto letter = word[i];
    const auto bit = std::uint64_t{1} << i;
    if (letter < ascii_.size()) {
      ascii_[letter] |= bit;
      continue;
    }
    const auto end = others_.begin() + static_cast<std::ptrdiff_t>(other_letters_);
    const auto known = std::find_if(others_.begin(), end, [&](const auto& o) { return o.first == letter; });
    if (known == end) others_[other_letters_++] = {letter, 0};
    known->second |= bit;
  }
}

std::uint64_t Distance::places_of(char32_t letter) const {
  if (letter < ascii_.size()) return ascii_[letter];
  for (const auto& [other, places] : std::span(others_).first(other_letters_)) {
    if (other == letter) return places;
  }
  return 0;
}

/// A column of the table at a time, its differences as bits: H. Hyyrö, "A Bit-Vector Algorithm for Computing
/// Levenshtein and Damerau Edit Distances" (2003).
std::size_t Distance::to(std::string_view utf8) const {
  std::uint64_t rises = ~std::uint64_t{0}, falls = 0;  // down the column
  std::uint64_t diagonal = 0, before = 0;
  std::size_t distance = size_;
  each_letter(utf8, [&](char32_t letter) {
    const auto places = places_of(letter);
    const auto exchanged = ((~diagonal & places) << 1) & before;
    diagonal = (((places & rises) + rises) ^ rises) | places | falls | exchanged;
    auto right_rises = falls | ~(diagonal | rises), right_falls = diagonal & rises;
    if (size_ > 0) {
      distance += right_rises >> (size_ - 1) & 1;
      distance -= right_falls >> (size_ - 1) & 1;
    } else {
      ++distance;
    }
    right_rises = right_rises << 1 | 1;
    right_falls <<= 1;
    rises = right_falls | ~(diagonal | right_rises);
    falls = right_rises & diagonal;
    before = places;
  });
  return distance;
}

std::vector<Meant> meant(const IndexView& index, std::string_view word, std::size_t most) {
  std::vector<Meant> out;
  const auto letters = letters_of(word);
  const auto limit = forgiven(letters);
  if (limit == 0) return out;
  auto hashes = variants(letters);
  std::ranges::sort(hashes);
  const auto repeated = std::ranges::unique(hashes);
  hashes.erase(repeated.begin(), repeated.end());
  std::vector<std::uint32_t> terms;
  terms.reserve(512);
  for (const auto hash : hashes) {
    const auto check = variant_check(hash, 0);
    index.variants(hash, [&](const index::Variant& variant) {
      const std::size_t length = variant.check & length_mask;
      if ((variant.check & ~length_mask) == check && length <= letters.size() + limit &&
          letters.size() <= length + limit) {
        terms.push_back(variant.term);
      }
    });
  }
  std::ranges::sort(terms);
  const auto known = std::ranges::unique(terms);
  terms.erase(known.begin(), known.end());
  const Distance distance(letters);
  for (const auto number : terms) {
    const auto term = index.term(number);
    if (term.size() < 2) continue;
    const auto other = term.substr(1);
    const auto errors = distance.to(other);
    const auto places = index.postings(number);
    if (errors == 0 || errors > limit || places.empty()) continue;
    out.push_back({.word = other,
                   .errors = errors,
                   .weight = errors + (letters.front() == first_letter(other) ? 0 : 1),
                   .best = places.front()});
  }
  const auto order = [](const Meant& a, const Meant& b) {
    return std::tie(a.weight, a.errors, a.best) < std::tie(b.weight, b.errors, b.best);
  };
  const auto end = out.begin() + static_cast<std::ptrdiff_t>(std::min(most, out.size()));
  std::ranges::partial_sort(out, end, order);
  out.erase(end, out.end());
  return out;
}

}  // namespace waypost::geo::spelling
