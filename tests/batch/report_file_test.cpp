#include <gmock/gmock.h>

#include <fstream>

#include "batch/support.hpp"

namespace waypost::batch {
namespace {

using testing::TemporaryDirectory;

std::string whole(const ReportReader& reader, std::size_t piece) {
  std::string text;
  for (;;) {
    const auto read = reader.read(text.size(), piece);
    EXPECT_TRUE(read);
    if (!read || read->empty()) return text;
    EXPECT_LE(read->size(), piece);
    text += *read;
  }
}

TEST(ReportFile, KeepsWhatWasAddedAndSaysWhereItLies) {
  const TemporaryDirectory dir;
  auto file = ReportFile::open(dir.path() / "r", 0);
  ASSERT_TRUE(file);
  const auto first = file->append("one\n");
  const auto none = file->append("");
  const auto second = file->append("second\n");
  ASSERT_TRUE(first && none && second);
  EXPECT_EQ(first->offset, 0U);
  EXPECT_EQ(first->length, 4U);
  EXPECT_EQ(none->length, 0U);
  EXPECT_EQ(second->offset, 4U);
  EXPECT_EQ(second->length, 7U);
  EXPECT_EQ(file->end(), 11U);
}

TEST(ReportFile, CutsTheTailThatACrashLeft) {
  const TemporaryDirectory dir;
  const auto path = dir.path() / "r";
  std::ofstream(path) << "kept|torn, and more";
  auto file = ReportFile::open(path, 5);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->append("new")->offset, 5U);
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST(ReportFile, RefusesAFileThatLostRecordedBytes) {
  const TemporaryDirectory dir;
  const auto path = dir.path() / "r";
  std::ofstream(path) << "short";
  EXPECT_EQ(ReportFile::open(path, 6).error().code, Code::internal);
  EXPECT_EQ(ReportReader::open(path, {}, {{.offset = 0, .length = 6}}).error().code, Code::internal);
}

TEST(ReportFile, SaysThatTheDiskIsFullAndStaysFailed) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto file = ReportFile::open("/dev/full", 0);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->append("x").error().code, Code::insufficient_storage);
  EXPECT_EQ(file->append("y").error().code, Code::insufficient_storage);
  EXPECT_EQ(file->end(), 0U);
}

TEST(ReportReader, ReadsSegmentsInTheOrderGivenBetweenHeaderAndFooter) {
  const TemporaryDirectory dir;
  auto file = ReportFile::open(dir.path() / "r", 0);
  const auto late = file->append(",\nlate");
  const auto nothing = file->append("");
  const auto early = file->append(",\nearly");
  const ReportFrame frame{.header = "[\n", .footer = "\n]\n", .skip = 2};
  const auto reader = ReportReader::open(dir.path() / "r", frame, {*nothing, *early, *nothing, *late});
  ASSERT_TRUE(reader);
  const std::string expected = "[\nearly,\nlate\n]\n";
  EXPECT_EQ(reader->size(), expected.size());
  for (std::size_t piece = 1; piece <= expected.size() + 1; ++piece)
    EXPECT_EQ(whole(*reader, piece), expected);
}

TEST(ReportReader, ReadsAnyRange) {
  const TemporaryDirectory dir;
  auto file = ReportFile::open(dir.path() / "r", 0);
  std::vector<ReportSegment> segments;
  std::string expected = "head\n";
  for (int i = 0; i < 20; ++i) {
    const std::string line = "row " + std::to_string(i) + "\n";
    segments.push_back(*file->append(line));
    expected += line;
  }
  const auto reader = ReportReader::open(dir.path() / "r", {.header = "head\n"}, segments);
  ASSERT_TRUE(reader);
  for (std::size_t from = 0; from <= expected.size(); ++from) {
    for (const std::size_t length : {1, 5, 17, 1000}) {
      ASSERT_EQ(*reader->read(from, length), expected.substr(from, length)) << from << " " << length;
    }
  }
  EXPECT_EQ(*reader->read(expected.size() + 5), "");
}

TEST(ReportReader, NeedsNoFileForAReportWithoutRows) {
  const auto reader =
      ReportReader::open("/nonexistent/r", {.header = "[\n", .footer = "\n]\n", .skip = 2}, {});
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader->read(0), "[\n\n]\n");
}

TEST(ReportReader, GivesPiecesOfBoundedSize) {
  const TemporaryDirectory dir;
  auto file = ReportFile::open(dir.path() / "r", 0);
  const auto segment = file->append(std::string(3 * ReportReader::kMaxPiece, 'x'));
  const auto reader = ReportReader::open(dir.path() / "r", {}, {*segment});
  EXPECT_EQ(reader->read(1, SIZE_MAX)->size(), ReportReader::kMaxPiece);
}

TEST(ReportFormat, IsTheManifestsUnlessAskedOtherwise) {
  EXPECT_EQ(default_report_format(ManifestFormat::csv), ReportFormat::csv);
  EXPECT_EQ(default_report_format(ManifestFormat::ndjson), ReportFormat::ndjson);
  for (const auto format : {ReportFormat::csv, ReportFormat::ndjson, ReportFormat::json}) {
    EXPECT_EQ(report_format(to_string(format)), format);
  }
  EXPECT_EQ(report_format("xml"), std::nullopt);
  EXPECT_EQ(report_scope("failed"), ReportScope::failed);
}

}  // namespace
}  // namespace waypost::batch
