#include "geo/line_reader.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include "support/gazetteer.hpp"

namespace waypost::geo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Lines {
  std::vector<std::string> lines;
  std::string failure;
};

Lines read_all(LineReader reader) {
  Lines out;
  for (;;) {
    const auto line = reader.next();
    if (!line) {
      out.failure = line.error().message;
      return out;
    }
    if (!*line) return out;
    out.lines.emplace_back(**line);
  }
}

TEST(LineReader, ReadsPlainTextWithAnyLineEnds) {
  EXPECT_THAT(read_all(LineReader::over("a\nb\r\n\nlast", "x")).lines, ElementsAre("a", "b", "", "last"));
  EXPECT_THAT(read_all(LineReader::over("", "x")).lines, ElementsAre());
}

TEST(LineReader, ReadsGzipOfSeveralMembersAndManyChunks) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line number " + std::to_string(i) + "\n";
  const auto bytes = gzip(text) + gzip("from the second member\n");
  const auto read = read_all(LineReader::over(bytes, "x"));
  EXPECT_EQ(read.failure, "");
  ASSERT_EQ(read.lines.size(), 50'001u);
  EXPECT_EQ(read.lines[49'999], "line number 49999");
  EXPECT_EQ(read.lines.back(), "from the second member");
}

TEST(LineReader, SaysThatGzipIsTruncatedOrBroken) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += std::to_string(i * 7919) + "\n";
  auto bytes = gzip(text);
  EXPECT_THAT(
      read_all(LineReader::over(std::string_view(bytes).substr(0, bytes.size() - 20), "dump.gz")).failure,
      HasSubstr("dump.gz: the gzip data ends too early"));
  bytes[bytes.size() / 2] = static_cast<char>(~bytes[bytes.size() / 2]);
  EXPECT_THAT(read_all(LineReader::over(bytes, "dump.gz")).failure, HasSubstr("the gzip data is broken"));
}

TEST(LineReader, RefusesALineThatNeverEnds) {
  const std::string endless(3 << 20, 'x');
  EXPECT_THAT(read_all(LineReader::over(endless, "x")).failure, HasSubstr("line 1 is longer than 1 MiB"));
}

TEST(LineReader, NamesTheFileItCannotOpen) {
  EXPECT_THAT(LineReader::open("/nonexistent/file").error().message,
              HasSubstr("/nonexistent/file: No such file or directory"));
  const test::TemporaryFolder folder;
  EXPECT_THAT(LineReader::open(folder.path()).error().message, HasSubstr("is a directory"));
}

}  // namespace
}  // namespace waypost::geo
