#include "geo/spelling.hpp"

#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_set>

#include "geo/text_hash.hpp"

namespace waypost::geo::spelling {
namespace {

constexpr std::size_t least_letters = 4, long_word = 8, most_letters = 40;
constexpr std::size_t beginning = 7;  // letters of a word that variants are made of

std::uint64_t hash_of(std::u32string_view letters) {
  return text_hash(0, {reinterpret_cast<const char*>(letters.data()), letters.size() * sizeof(char32_t)});
}

/// The most important place of a word, over all that words are listed as.
std::uint32_t best_place(const IndexView& index, std::string_view word) {
  std::uint32_t best = UINT32_MAX;
  for (const auto mark : {index::Mark::name, index::Mark::place_word, index::Mark::street_word}) {
    const auto postings = index.find(mark, word);
    if (!postings.empty()) best = std::min(best, postings.front());
  }
  return best;
}

/// Replaces what `out` held.
void read_letters(std::string_view utf8, std::u32string& out) {
  out.clear();
  out.reserve(utf8.size());
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(utf8.data(), i, size, c);
    out += static_cast<char32_t>(c);
  }
}

/// Whether words of these lengths can lie within `limit` errors: tells most apart before they are read.
bool is_near_in_length(std::string_view utf8, std::size_t letters, std::size_t limit) {
  const auto count =
      static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
  return count <= letters + limit && letters <= count + limit;
}

}  // namespace

std::size_t forgiven(std::u32string_view letters) {
  if (letters.size() < least_letters || letters.size() > most_letters) return 0;
  if (std::ranges::any_of(letters, [](char32_t c) { return c >= U'0' && c <= U'9'; })) return 0;
  return letters.size() < long_word ? 1 : 2;
}

std::u32string letters_of(std::string_view utf8) {
  std::u32string out;
  read_letters(utf8, out);
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

/// Optimal string alignment: Levenshtein's distance with exchanged neighbours as one error.
std::size_t distance(std::u32string_view a, std::u32string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit || b.size() > most_letters) return limit + 1;
  std::array<std::array<std::uint8_t, most_letters + 1>, 3> rows;
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<std::uint8_t>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    row[0] = static_cast<std::uint8_t>(i);
    auto least = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      int best = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, rows[(i + 1) % 3][j - 2] + 1);
      row[j] = static_cast<std::uint8_t>(best);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
  }
  return std::min<std::size_t>(rows[a.size() % 3][b.size()], limit + 1);
}

std::vector<Meant> meant(const IndexView& index, std::string_view word, std::size_t most) {
  std::vector<Meant> out;
  const auto letters = letters_of(word);
  const auto limit = forgiven(letters);
  auto hashes = variants(letters);
  std::ranges::sort(hashes);
  const auto repeated = std::ranges::unique(hashes);
  hashes.erase(repeated.begin(), repeated.end());
  std::unordered_set<std::uint32_t> seen;
  std::u32string candidate;  // of one word after the other
  for (const auto hash : hashes) {
    index.variants(hash, [&](std::uint32_t number) {
      if (!seen.insert(number).second) return;
      const auto term = index.term(number);
      if (term.size() < 2 || !is_near_in_length(term.substr(1), letters.size(), limit)) return;
      read_letters(term.substr(1), candidate);
      const auto errors = distance(letters, candidate, limit);
      if (errors == 0 || errors > limit) return;
      const bool first_differs = letters.front() != candidate.front();
      out.push_back({.word = term.substr(1), .errors = errors, .weight = errors + (first_differs ? 1 : 0)});
    });
  }
  std::ranges::sort(out, [](const Meant& a, const Meant& b) {
    return std::tie(a.weight, a.word) < std::tie(b.weight, b.word);
  });
  constexpr std::size_t most_weighed = 256;
  if (out.size() > most_weighed) out.resize(most_weighed);
  for (auto& one : out) one.best = best_place(index, one.word);
  std::ranges::sort(out, [](const Meant& a, const Meant& b) {
    return std::tie(a.weight, a.best) < std::tie(b.weight, b.best);
  });
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace waypost::geo::spelling
