#include <gmock/gmock.h>

#include <fstream>

#include "batch/support.hpp"

namespace waypost::batch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryDirectory;
using ::testing::UnorderedElementsAre;
using testing::upload;

constexpr auto kCsv = ManifestFormat::csv;
constexpr auto kNdjson = ManifestFormat::ndjson;

TEST(ManifestWriter, TellsWhatItTook) {
  const TemporaryDirectory dir;
  const auto facts =
      upload(dir.path(), "man_1", kCsv, "street,city\n1 Main St,Springfield\n2 Main St,Shelbyville\n");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->rows, 2U);
  EXPECT_EQ(facts->bytes, 56U);
  EXPECT_EQ(facts->chunks, 1U);
  EXPECT_THAT(facts->columns, ElementsAre("street", "city"));
  EXPECT_THAT(dir.names(), ElementsAre("man_1.data", "man_1.index"));
}

TEST(ManifestWriter, MakesTheEtagOfTheInflatedBytes) {
  const TemporaryDirectory dir;
  // printf 'a\n1\n' | sha256sum
  constexpr std::string_view kDigest = "309b0e45a73d3fc5325e2b6ed0a01ef8b9cde6b05a5633c1f893f970d52bfddc";
  const auto plain = upload(dir.path(), "plain", kCsv, "a\n1\n");
  const auto zipped = upload(dir.path(), "zipped", kCsv, testing::gzip("a\n1\n"));
  ASSERT_TRUE(plain && zipped);
  EXPECT_EQ(plain->etag, kDigest);
  EXPECT_EQ(zipped->etag, kDigest);
  EXPECT_EQ(zipped->bytes, 4U);
}

TEST(ManifestWriter, KeepsAByteOrderMarkOutOfTheFirstColumn) {
  const TemporaryDirectory dir;
  const auto facts = upload(dir.path(), "m", kCsv, "\xEF\xBB\xBFname,zip\nx,1\n", {}, 1);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_THAT(facts->columns, ElementsAre("name", "zip"));
  EXPECT_EQ(facts->bytes, 16U);
}

TEST(ManifestWriter, ReadsGzipOfSeveralMembersInPiecesOfAnySize) {
  const TemporaryDirectory dir;
  const std::string body = testing::gzip("a,b\n1,2\n") + testing::gzip("3,4\n");
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    const auto facts = upload(dir.path(), "m", kCsv, body, {}, piece);
    ASSERT_TRUE(facts) << "pieces of " << piece << ": " << facts.error().message;
    EXPECT_EQ(facts->rows, 2U);
  }
}

TEST(ManifestWriter, CountsNoEmptyLinesAsRows) {
  const TemporaryDirectory dir;
  const auto facts = upload(dir.path(), "m", kCsv, "\r\na\r\n\r\n1\r\n\n\"\"\n\n\n");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->rows, 2U);
}

TEST(ManifestWriter, AcceptsRowsOfTheWrongWidth) {
  const TemporaryDirectory dir;
  const auto facts = upload(dir.path(), "m", kCsv, "a,b\n1\n1,2,3\n");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->rows, 2U);
}

TEST(ManifestWriter, ListsTheNamesOfNdjsonInOrderOfAppearance) {
  const TemporaryDirectory dir;
  const auto facts = upload(dir.path(), "m", kNdjson, "{\"b\":1,\"a\":\"x\"}\n\n{\"c\":{},\"a\":2}", {}, 1);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->rows, 2U);
  EXPECT_THAT(facts->columns, ElementsAre("b", "a", "c"));
}

struct Refusal {
  std::string name;
  ManifestFormat format;
  std::string body;
  std::size_t line, column;
  std::string says;
  friend void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }
};

class ManifestRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(ManifestRefusal, NamesLineAndColumnHoweverTheBodyIsCut) {
  const Refusal& refusal = GetParam();
  for (std::size_t piece = 1; piece <= std::min<std::size_t>(refusal.body.size(), 40); ++piece) {
    const TemporaryDirectory dir;
    const auto facts = upload(dir.path(), "m", refusal.format, refusal.body, {}, piece);
    ASSERT_FALSE(facts) << "pieces of " << piece;
    EXPECT_EQ(facts.error().code, Code::malformed_manifest);
    EXPECT_EQ(facts.error().line, refusal.line) << facts.error().message << ", pieces of " << piece;
    EXPECT_EQ(facts.error().column, refusal.column) << facts.error().message << ", pieces of " << piece;
    EXPECT_THAT(facts.error().message, HasSubstr(refusal.says));
    EXPECT_THAT(dir.names(), IsEmpty()) << "what was written must be gone";
  }
}

std::vector<Refusal> refusals() {
  using namespace std::string_literals;
  return {
      {"UnclosedQuote", kCsv, "a,b\n1,2\n3,\"four\n5,6\n", 3, 3, "never closed"},
      {"StrayQuote", kCsv, "a,b\nx,5\" pipe\n", 2, 4, "does not start with one"},
      {"TextAfterAQuote", kCsv, "a,b\n\"x\"y,2\n", 2, 4, "followed by a comma"},
      {"Nul", kCsv, "a,b\n1,\0\n"s, 2, 3, "NUL"},
      {"NulInQuotes", kCsv, "a,b\n\"1\n\0\",2\n"s, 3, 1, "NUL"},
      {"Latin1", kCsv, "a,b\nK\xF6ln,2\n", 2, 2, "0xF6 is not valid UTF-8"},
      {"EndsInsideACharacter", kCsv, "a\nx\xC3", 2, 3, "inside a UTF-8 character"},
      {"OldMacLineEnds", kCsv, "a,b\r1,2\r", 1, 5, "carriage return"},
      {"EmptyColumnName", kCsv, "a,,c\n1,2,3\n", 1, 3, "column 2 has no name"},
      {"ColumnNamedTwice", kCsv, "a,b,\"a\"\n1,2,3\n", 1, 5, "a second column is named \"a\""},
      {"FaultAfterQuotedLines", kCsv, "a\n\"x\ny\"\nz\"\n", 4, 2, "does not start with one"},
      {"FaultAfterAByteOrderMark", kCsv,
       "\xEF\xBB\xBF"
       "a\"\n",
       1, 2, "does not start with one"},
      {"NoJson", kNdjson, "{\"a\":1}\n{\"a\":}\n", 2, 6, ""},
      {"NoObject", kNdjson, "{\"a\":1}\n[1]\n", 2, 1, "one JSON object"},
      {"KeyTwice", kNdjson, "{\"a\":1,\"a\":2}\n", 1, 12, "\"a\""},
  };
}

INSTANTIATE_TEST_SUITE_P(All, ManifestRefusal, ::testing::ValuesIn(refusals()),
                         [](const auto& info) { return info.param.name; });

TEST(ManifestWriter, SaysThatAFileIsUtf16) {
  const TemporaryDirectory dir;
  const auto facts = upload(dir.path(), "m", kCsv,
                            std::string_view("\xFF\xFE"
                                             "a\0\n\0",
                                             6));
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().message, HasSubstr("UTF-16"));
}

TEST(ManifestWriter, NamesTheByteOfBrokenGzip) {
  const TemporaryDirectory dir;
  const std::string whole = testing::gzip("a,b\n1,2\n");
  const auto cut = upload(dir.path(), "m", kCsv, whole.substr(0, whole.size() - 3));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Code::malformed_manifest);
  EXPECT_EQ(cut.error().byte, whole.size() - 3);
  std::string flipped = whole;
  flipped[whole.size() - 6] = static_cast<char>(~flipped[whole.size() - 6]);  // in the checksum
  const auto broken = upload(dir.path(), "m", kCsv, flipped);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::malformed_manifest);
  EXPECT_GT(broken.error().byte, whole.size() - 9);
  EXPECT_LE(broken.error().byte, whole.size());
  const auto garbage = upload(dir.path(), "m", kCsv, whole + "garbage");
  ASSERT_FALSE(garbage);
  EXPECT_GE(garbage.error().byte, whole.size());
}

TEST(ManifestWriter, RefusesAManifestWithoutRows) {
  const TemporaryDirectory dir;
  for (const auto format : {kCsv, kNdjson}) {
    for (const std::string_view body : {"", "\n", "\xEF\xBB\xBF", "\r\n\r\n"}) {
      const auto facts = upload(dir.path(), "m", format, body);
      ASSERT_FALSE(facts);
      EXPECT_EQ(facts.error().code, Code::empty_manifest);
    }
  }
  EXPECT_EQ(upload(dir.path(), "m", kCsv, "a,b").error().code, Code::empty_manifest);
  EXPECT_EQ(upload(dir.path(), "m", kCsv, "a,b\n\n").error().code, Code::empty_manifest);
}

TEST(ManifestWriter, StopsAGzipBombAtTheLimitOfInflatedBytes) {
  const TemporaryDirectory dir;
  const std::string bomb = testing::gzip("a\n" + std::string(4U << 20, 'x'));
  ASSERT_LT(bomb.size(), 64U << 10);
  const auto facts = upload(dir.path(), "m", kCsv, bomb, {.max_bytes = 500000});
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, Code::payload_too_large);
  EXPECT_THAT(facts.error().message, HasSubstr("500000"));
}

TEST(ManifestWriter, RefusesAValueARowOrALineThatIsTooLong) {
  const TemporaryDirectory dir;
  const std::string longest(kMaxFieldBytes, 'x');
  EXPECT_TRUE(upload(dir.path(), "m", kCsv, "a,b\n1," + longest + "\n"));
  const auto value = upload(dir.path(), "m", kCsv, "a,b\n1,x" + longest + "\n");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().line, 2U);
  EXPECT_EQ(value.error().column, 3U);
  const auto row = upload(dir.path(), "m", kCsv, "a,b\n" + std::string(kMaxRowBytes + 1, ',') + "\n");
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().line, 2U);
  const auto line = upload(dir.path(), "m", kNdjson, "{\"a\":\"" + longest + "\"}\n", {}, 65536);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Code::malformed_manifest);
}

TEST(ManifestWriter, RefusesMoreColumnsThanThereMayBe) {
  const TemporaryDirectory dir;
  std::string header = "c0";
  for (std::size_t i = 1; i < kMaxColumns; ++i) header += ",c" + std::to_string(i);
  EXPECT_TRUE(upload(dir.path(), "m", kCsv, header + "\n1\n"));
  const auto more = upload(dir.path(), "m", kCsv, header + ",one_more\n1\n");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().column, header.size() + 2);
}

TEST(ManifestWriter, StaysFailedOnceItFailed) {
  const TemporaryDirectory dir;
  auto writer = ManifestWriter::create(dir.path(), "m", kCsv);
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->append("a\"\n"));
  EXPECT_FALSE(writer->append("b\n1\n"));
  EXPECT_FALSE(writer->finish());
}

TEST(ManifestWriter, TakesNothingMoreOnceFinished) {
  const TemporaryDirectory dir;
  auto writer = ManifestWriter::create(dir.path(), "m", kCsv);
  ASSERT_TRUE(writer && writer->append("a\n1\n") && writer->finish());
  EXPECT_FALSE(writer->append("2\n"));
  EXPECT_FALSE(writer->finish());
  EXPECT_EQ(std::filesystem::file_size(dir.path() / "m.data"), 4U);
}

TEST(ManifestWriter, IsOpenedUnderTheNameThatItIsFinishedAs) {
  const TemporaryDirectory dir;
  auto writer = ManifestWriter::create(dir.path(), "upload", kCsv);
  ASSERT_TRUE(writer && writer->append("a\n1\n") && writer->finish_as("m"));
  EXPECT_TRUE(Manifest::open(dir.path(), "m"));
  EXPECT_THAT(dir.names(), ElementsAre("m.data", "m.index"));
}

TEST(ManifestWriter, RefusesANameThatLeadsElsewhereAndLeavesNothing) {
  const TemporaryDirectory dir;
  {
    auto writer = ManifestWriter::create(dir.path(), "upload", kCsv);
    ASSERT_TRUE(writer && writer->append("a\n1\n"));
    EXPECT_FALSE(writer->finish_as("../m"));
  }
  EXPECT_THAT(dir.names(), IsEmpty());
}

TEST(Manifest, AllAreListedThatAreFinished) {
  const TemporaryDirectory dir;
  auto unfinished = ManifestWriter::create(dir.path(), "c", kCsv);
  ASSERT_TRUE(unfinished && upload(dir.path(), "a", kCsv, "x\n1\n") &&
              upload(dir.path(), "b", kCsv, "x\n1\n"));
  EXPECT_THAT(Manifest::all(dir.path()).value(), UnorderedElementsAre("a", "b"));
}

TEST(ManifestWriter, BoundsTheNamesThatNdjsonRowsBringIn) {
  const TemporaryDirectory dir;
  std::string body;
  for (std::size_t i = 0; i <= kMaxColumns; ++i) body += "{\"name" + std::to_string(i) + "\":1}\n";
  const auto many = upload(dir.path(), "m", kNdjson, body);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().line, kMaxColumns + 1);
  std::string long_names;
  for (char c = 'a'; c < 'a' + 20; ++c) long_names += "{\"" + std::string(500000, c) + "\":1}\n";
  EXPECT_EQ(upload(dir.path(), "m", kNdjson, long_names).error().line, 17U);
}

TEST(ManifestWriter, LeavesNothingWhenItIsGivenUp) {
  const TemporaryDirectory dir;
  {
    auto writer = ManifestWriter::create(dir.path(), "m", kCsv);
    ASSERT_TRUE(writer && writer->append("a\n1\n"));
    EXPECT_EQ(Manifest::open(dir.path(), "m").error().code, Code::unknown_manifest);
  }
  EXPECT_THAT(dir.names(), IsEmpty());
}

TEST(ManifestWriter, TakesNoIdThatLeadsElsewhere) {
  const TemporaryDirectory dir;
  for (const std::string_view id : {"", "../m", "a/b", ".", "a.b"}) {
    EXPECT_FALSE(ManifestWriter::create(dir.path(), id, kCsv)) << id;
    EXPECT_EQ(Manifest::open(dir.path(), id).error().code, Code::unknown_manifest) << id;
  }
}

TEST(ManifestWriter, SaysWhichFileItCouldNotMake) {
  const TemporaryDirectory dir;
  const auto writer = ManifestWriter::create(dir.path() / "missing", "m", kCsv);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Code::internal);
  EXPECT_THAT(writer.error().cause, HasSubstr("missing/m.data.part"));
}

TEST(Manifest, OpensWithTheFactsOfItsUpload) {
  const TemporaryDirectory dir;
  const auto written = upload(dir.path(), "m", kNdjson, "{\"a \\\"quoted\\\" name\":1}\n");
  const auto manifest = Manifest::open(dir.path(), "m");
  ASSERT_TRUE(written && manifest);
  const ManifestFacts& read = manifest->facts();
  EXPECT_EQ(read.format, written->format);
  EXPECT_EQ(read.rows, written->rows);
  EXPECT_EQ(read.bytes, written->bytes);
  EXPECT_EQ(read.chunks, written->chunks);
  EXPECT_EQ(read.etag, written->etag);
  EXPECT_THAT(read.columns, ElementsAre("a \"quoted\" name"));
}

TEST(Manifest, GivesItsRowsInChunksThatCoverItExactly) {
  const TemporaryDirectory dir;
  std::string body =
      "\xEF\xBB\xBF"
      "id,text\n";
  for (int i = 1; i <= 2500; ++i)
    body += std::to_string(i) + ",\"two\nlines\"\r\n" + (i % 7 == 0 ? "\n" : "");
  ASSERT_TRUE(upload(dir.path(), "m", kCsv, body, {.chunk_rows = 400, .chunk_bytes = 6000}));
  const auto manifest = Manifest::open(dir.path(), "m");
  ASSERT_TRUE(manifest);
  std::string joined;
  std::uint64_t row = 1;
  for (std::uint64_t k = 0; k < manifest->facts().chunks; ++k) {
    const auto chunk = manifest->read_chunk(k);
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->first_row, row);
    EXPECT_LE(chunk->rows, 400U);
    EXPECT_EQ(chunk->line,
              1U + static_cast<std::uint64_t>(std::ranges::count(body.substr(0, 11 + joined.size()), '\n')));
    row += chunk->rows;
    joined += chunk->bytes;
  }
  EXPECT_EQ(row, 2501U);
  EXPECT_EQ(joined, body.substr(11));
  EXPECT_GT(manifest->facts().chunks, 6U);
  EXPECT_FALSE(manifest->read_chunk(manifest->facts().chunks));
}

TEST(Manifest, IsRefusedWhenItsFilesAreDamaged) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(upload(dir.path(), "m", kCsv, "a\n1\n2\n"));
  std::filesystem::resize_file(dir.path() / "m.data", 3);
  const auto manifest = Manifest::open(dir.path(), "m");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->read_chunk(0).error().code, Code::internal);
  const auto size = std::filesystem::file_size(dir.path() / "m.index");
  for (std::uintmax_t cut = 0; cut < size; ++cut) {
    std::filesystem::resize_file(dir.path() / "m.index", size - 1 - cut);
    EXPECT_EQ(Manifest::open(dir.path(), "m").error().code, Code::internal) << cut;
  }
}

TEST(Manifest, IsUnknownOnceRemoved) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(upload(dir.path(), "m", kCsv, "a\n1\n"));
  const auto open = Manifest::open(dir.path(), "m");
  EXPECT_TRUE(Manifest::remove(dir.path(), "m"));
  EXPECT_TRUE(Manifest::remove(dir.path(), "m")) << "removing what is gone is fine";
  EXPECT_EQ(Manifest::open(dir.path(), "m").error().code, Code::unknown_manifest);
  EXPECT_TRUE(open->read_chunk(0)) << "a reader goes on";
}

TEST(Manifest, ForgetsWhatACrashLeftUnfinished) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(upload(dir.path(), "kept", kCsv, "a\n1\n"));
  for (const char* name : {"x.data.part", "x.index.part", "y.data"})
    std::ofstream(dir.path() / name) << "torn";
  ASSERT_TRUE(Manifest::remove_unfinished(dir.path()));
  EXPECT_THAT(dir.names(), ElementsAre("kept.data", "kept.index"));
}

}  // namespace
}  // namespace waypost::batch
