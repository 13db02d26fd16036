#include "batch/csv.hpp"

#include <gmock/gmock.h>

#include "batch/rows.hpp"
#include "batch/support.hpp"
#include "batch/utf8.hpp"
#include "waypost/base/text.hpp"

namespace waypost::batch {
namespace {

using testing::Dice;
using testing::TemporaryDirectory;
using Rows = std::vector<std::vector<std::string>>;

struct CollectRows {
  Rows rows{{}};
  std::string value;
  void text(std::string_view piece) { value += piece; }
  void end_value() { rows.back().push_back(std::exchange(value, {})); }
  bool end_row() {
    rows.emplace_back();
    return true;
  }
};

struct Read {
  Rows rows;
  std::string fault;
  bool operator==(const Read&) const = default;
  friend void PrintTo(const Read& read, std::ostream* out) {
    *out << ::testing::PrintToString(read.rows) << " " << read.fault;
  }
};

// Reads `text` cut at the given places.
Read read(std::string_view text, std::initializer_list<std::size_t> cuts = {}) {
  CsvScanner scanner;
  CollectRows sink;
  std::optional<CsvFault> fault;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    if (!fault) fault = scanner.feed(text.substr(begin, cut - begin), sink);
    begin = cut;
  }
  if (!fault) fault = scanner.feed(text.substr(begin), sink);
  if (!fault) fault = scanner.finish(sink);
  sink.rows.pop_back();
  if (!fault) return {sink.rows, {}};
  return {sink.rows,
          std::to_string(fault->line) + ":" + std::to_string(fault->column) + " " + fault->message};
}

TEST(CsvScanner, ReadsWhatRfc4180Allows) {
  const struct {
    std::string_view text;
    Rows rows;
  } cases[] = {
      {"a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"a,b\r\n1,2", {{"a", "b"}, {"1", "2"}}},
      {"a,\n,b\n,\n", {{"a", ""}, {"", "b"}, {"", ""}}},
      {"a,", {{"a", ""}}},
      {"\"a,b\",\"c\"\"d\",\"\"\n", {{"a,b", "c\"d", ""}}},
      {"\"line\nand\r\nline\"\r\n", {{"line\nand\r\nline"}}},
      {"\"\"\"\"\n", {{"\""}}},
      {" a , \"b\n", {}},
      {"\n\r\na\n\n\"\"\n\n", {{"a"}, {""}}},
      {"", {}},
  };
  for (const auto& [text, rows] : cases) EXPECT_EQ(read(text).rows, rows) << text;
}

std::string random_text(Dice& dice, std::string_view alphabet, std::size_t length) {
  std::string text;
  while (text.size() < length) text += alphabet[dice.below(alphabet.size())];
  return text;
}

TEST(CsvScanner, FindsTheSameRowsAndFaultsWhereverTheTextIsCut) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Dice dice(seed);
    const std::string text = random_text(dice, "ab,,\"\"\"\n\n\r", 1 + dice.below(24));
    const Read whole = read(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      ASSERT_EQ(read(text, {cut}), whole) << "seed " << seed << ", cut at " << cut << ": " << text;
    }
  }
}

std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

TEST(CsvScanner, ReadsBackEveryValueThatWasWrittenQuoted) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Dice dice(seed);
    Rows rows(1 + dice.below(4));
    std::string text;
    for (auto& row : rows) {
      row.resize(1 + dice.below(4));
      for (auto& value : row) value = random_text(dice, "ab, \"\n\r;\t", dice.below(9));
      for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + in_quotes(row[i]);
      text += dice.below(2) == 0 ? "\n" : "\r\n";
    }
    ASSERT_EQ(read(text, {dice.below(text.size())}).rows, rows) << "seed " << seed << ": " << text;
  }
}

// The rows of a manifest, through files and chunks.
Rows stored_rows(const std::filesystem::path& dir, std::string_view text, ManifestLimits limits) {
  Rows rows;
  const auto facts = testing::upload(dir, "m", ManifestFormat::csv, text, limits, 7);
  const auto manifest = Manifest::open(dir, "m");
  EXPECT_TRUE(facts && manifest) << text;
  for (std::uint64_t k = 0; k < manifest->facts().chunks; ++k) {
    const auto read = for_each_row(*manifest->read_chunk(k), manifest->facts(), [&](const InputRow& row) {
      EXPECT_EQ(row.number, rows.size() + 1);
      rows.emplace_back(row.values.begin(), row.values.end());
      return true;
    });
    EXPECT_TRUE(read);
  }
  EXPECT_EQ(rows.size(), manifest->facts().rows);
  return rows;
}

TEST(ForEachRow, GivesTheSameRowsHoweverAManifestIsCutIntoChunks) {
  const TemporaryDirectory dir;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Dice dice(seed);
    Rows rows(1 + dice.below(12));
    std::string text = "x,y\n";
    for (auto& row : rows) {
      row = {random_text(dice, "ab\"\n, ", dice.below(9)), random_text(dice, "ab\"\n, ", dice.below(9))};
      text += in_quotes(row[0]) + "," + in_quotes(row[1]) + (dice.below(3) == 0 ? "\r\n\r\n" : "\n");
    }
    const auto chunk_rows = static_cast<std::uint32_t>(1 + dice.below(5));
    const auto chunk_bytes = static_cast<std::uint32_t>(1 + dice.below(60));
    ASSERT_EQ(stored_rows(dir.path(), text, {}), rows) << "seed " << seed;
    ASSERT_EQ(stored_rows(dir.path(), text, {.chunk_rows = chunk_rows, .chunk_bytes = chunk_bytes}), rows)
        << "seed " << seed;
  }
}

TEST(ForEachRow, KnowsTheLineOfEachRow) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(
      testing::upload(dir.path(), "m", ManifestFormat::csv, "a\n\n1\n\"2\n2\"\n3\n", {.chunk_rows = 1}));
  const auto manifest = Manifest::open(dir.path(), "m");
  std::vector<std::uint64_t> lines;
  for (std::uint64_t k = 0; k < 3; ++k) {
    ASSERT_TRUE(for_each_row(*manifest->read_chunk(k), manifest->facts(), [&](const InputRow& row) {
      lines.push_back(row.line);
      return true;
    }));
  }
  EXPECT_THAT(lines, ::testing::ElementsAre(3, 4, 6));
}

TEST(ForEachRow, SaysThatBytesChangedSinceTheUpload) {
  const ManifestFacts facts{.columns = {"a"}};
  const auto read = for_each_row({.first_row = 1, .line = 2, .bytes = "x\"\n"}, facts,
                                 [](const InputRow&) { return true; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::internal);
}

TEST(ManifestWriter, NeverCrashesOnRandomBytesAndFailsOnlyByName) {
  const TemporaryDirectory dir;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Dice dice(seed);
    std::string bytes;
    for (std::size_t i = dice.below(60); i > 0; --i) bytes += static_cast<char>(dice.below(256));
    if (seed % 3 == 0) bytes.insert(0, "\x1F\x8B\x08");
    if (seed % 3 == 1) bytes.insert(0, "a,b\n");
    const auto format = seed % 2 == 0 ? ManifestFormat::csv : ManifestFormat::ndjson;
    const auto facts = testing::upload(dir.path(), "m", format, bytes, {}, 1 + dice.below(5));
    if (facts) continue;
    const Code code = facts.error().code;
    ASSERT_TRUE(code == Code::malformed_manifest || code == Code::empty_manifest) << facts.error().message;
  }
}

TEST(Utf8Checker, AgreesWithTheWholeTextCheckWhereverTheTextIsCut) {
  constexpr std::string_view kAlphabet = "a\x80\xBF\xC2\xC3\xE0\xA0\x9F\xED\xEF\xF0\x90\x8F\xF4\xF5\xC0";
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    Dice dice(seed);
    const std::string bytes = random_text(dice, kAlphabet, 1 + dice.below(14));
    const std::size_t cut = dice.below(bytes.size());
    Utf8Checker checker;
    const bool well_formed =
        !checker.feed(bytes.substr(0, cut)) && !checker.feed(bytes.substr(cut)) && checker.complete();
    ASSERT_EQ(well_formed, text::is_utf8(bytes)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace waypost::batch
