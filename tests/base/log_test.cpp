#include "waypost/base/log.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fcntl.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log_line.hpp"
#include "waypost/base/text.hpp"

namespace waypost::log {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

std::string line_of(Format format, std::string_view value) {
  std::string line;
  append_line(line, format, Level::info, "said", {{"value", value}, {"n", 7}, {"ok", true}, {"ratio", 0.5}});
  return line;
}

/// Everything that others may put into a value, and bytes that are no text at all.
std::vector<std::string> hostile_values() {
  std::vector<std::string> values{"",
                                  "two words",
                                  "a=b",
                                  "\"quoted\" and \\ back",
                                  "line\nfeed level=error",
                                  "carriage\rreturn",
                                  "tab\there",
                                  std::string("nul\0byte", 8),
                                  "\x1b[2Jcleared",
                                  "del\x7f",
                                  "c1 \xc2\x9b"
                                  "31m",
                                  "next line \xc2\x85",
                                  "separators \xe2\x80\xa8 and \xe2\x80\xa9",
                                  "turned \xe2\x80\xae"
                                  "gnp.exe",
                                  "Châteauroux 東京 😀",
                                  "cut \xe2\x80",
                                  "lone \xff\xfe bytes",
                                  "surrogate \xed\xa0\x80"};
  for (int byte = 0; byte < 256; ++byte)
    values.push_back("x" + std::string(1, static_cast<char>(byte)) + "y");
  return values;
}

TEST(LogLine, IsOneLineWhateverAValueHolds) {
  for (const Format format : {Format::text, Format::json})
    for (const std::string& value : hostile_values()) {
      const std::string line = line_of(format, value);
      ASSERT_EQ(std::ranges::count(line, '\n'), 1) << line;
      ASSERT_TRUE(line.ends_with('\n'));
      for (const char c : std::string_view(line).substr(0, line.size() - 1))
        ASSERT_TRUE(static_cast<unsigned char>(c) >= ' ' && c != 0x7f) << line;
      for (const auto* const bad : {"\xc2\x9b", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xae"})
        ASSERT_THAT(line, Not(HasSubstr(bad)));
    }
}

TEST(LogLine, IsJsonThatReadsBackAsWhatWasSaid) {
  for (const std::string& value : hostile_values()) {
    std::string line;
    append_time(line, Format::json);
    line += line_of(Format::json, value);
    const Json read = Json::parse(line);
    EXPECT_EQ(read.at("level"), "info");
    EXPECT_EQ(read.at("message"), "said");
    EXPECT_EQ(read.at("n"), 7);
    EXPECT_EQ(read.at("ok"), true);
    EXPECT_EQ(read.at("ratio"), 0.5);
    if (text::is_utf8(value))
      EXPECT_EQ(read.at("value"), value);
    else
      EXPECT_THAT(read.at("value").get<std::string>(), HasSubstr("\xef\xbf\xbd"));
  }
}

TEST(LogLine, IsLogfmtForPeople) {
  EXPECT_EQ(line_of(Format::text, "plain"), "info  said value=plain n=7 ok=true ratio=0.5\n");
  EXPECT_EQ(line_of(Format::text, "two words"), "info  said value=\"two words\" n=7 ok=true ratio=0.5\n");
  EXPECT_EQ(line_of(Format::text, ""), "info  said value=\"\" n=7 ok=true ratio=0.5\n");
  EXPECT_EQ(line_of(Format::text, "a\nb"), "info  said value=\"a\\nb\" n=7 ok=true ratio=0.5\n");
}

TEST(LogLine, HoldsNoSecret) {
  for (const Format format : {Format::text, Format::json}) {
    const std::string line = line_of(format, "Authorization: Bearer wp_0123456789abcdef01234567");
    EXPECT_THAT(line, Not(HasSubstr("0123456789")));
    EXPECT_THAT(line, HasSubstr("[removed]"));
  }
}

TEST(LogLine, SaysHowOftenItWasRepeated) {
  EXPECT_EQ(repeated("warn  full disk=a\n", Format::text, 3), "warn  full disk=a repeated=3\n");
  const Json read = Json::parse("{" + repeated("\"message\":\"full\"}\n", Format::json, 3));
  EXPECT_EQ(read, (Json{{"message", "full"}, {"repeated", 3}}));
}

/// What is written to stderr while it lives.
class Captured {
 public:
  Captured() {
    file_ = ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    saved_ = ::dup(STDERR_FILENO);
    ::dup2(file_, STDERR_FILENO);
  }
  ~Captured() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::close(file_);
  }
  std::vector<std::string> lines() const {
    std::string text(static_cast<std::size_t>(::lseek(file_, 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(file_, text.data(), text.size(), 0), std::ssize(text));
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

 private:
  int file_ = -1, saved_ = -1;
};

class Log : public testing::Test {
 protected:
  void SetUp() override { configure(Level::info, Format::json); }
  void TearDown() override { configure(Level::info, Format::text); }
};

TEST_F(Log, WritesWhatIsSevereEnough) {
  const Captured captured;
  debug("not this");
  info("this", {{"n", 1}});
  error("and this");
  const auto lines = captured.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(Json::parse(lines[0]).at("message"), "this");
  EXPECT_EQ(Json::parse(lines[1]).at("level"), "error");
}

TEST_F(Log, LosesNoLineOfManyThreadsInTheBackground) {
  const Captured captured;
  constexpr int threads = 8, each = 2'000;
  {
    const Background background;
    std::vector<std::jthread> loggers;
    for (int t = 0; t < threads; ++t)
      loggers.emplace_back([t] {
        for (int i = 0; i < each; ++i) info("line", {{"thread", t}, {"i", i}});
      });
  }
  std::array<int, threads> next{};
  for (const std::string& line : captured.lines()) {
    const Json read = Json::parse(line);
    EXPECT_EQ(read.at("i"), next[read.at("thread").get<std::size_t>()]++) << "in the order of each thread";
  }
  EXPECT_THAT(next, testing::Each(each));
}

TEST_F(Log, AWarningAThousandTimesIsOneLineAndACount) {
  const Captured captured;
  const Figures before = figures();
  {
    const Background background;
    for (int i = 0; i < 1'000; ++i) warn("the disk is slow", {{"disk", "a"}});
    warn("the disk is slow", {{"disk", "b"}});
  }
  std::int64_t told = 0;
  const auto lines = captured.lines();
  EXPECT_LT(lines.size(), 20u);
  for (const std::string& line : lines)
    if (const Json read = Json::parse(line); read.at("disk") == "a") told += read.value("repeated", 1);
  EXPECT_EQ(told, 1'000);
  EXPECT_EQ(figures().lines[static_cast<std::size_t>(Level::warn)] -
                before.lines[static_cast<std::size_t>(Level::warn)],
            1'001u);
}

TEST_F(Log, WhatIsARecordIsNeverTakenTogetherAndHasNoLevel) {
  configure(Level::off, Format::json);
  const Captured captured;
  {
    const Background background;
    for (int i = 0; i < 50; ++i) record("request", {{"status", 200}});
    warn("not this");
  }
  EXPECT_EQ(captured.lines().size(), 50u);
}

/// A reader that takes nothing: the pipe is full, and stays so until the end.
TEST_F(Log, WhoeverLogsNeverWaitsForASlowReaderAndDropsAreToldOf) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(pipe[1], STDERR_FILENO);
  const Figures before = figures();
  std::string read;
  {
    std::optional<Background> background(std::in_place);
    const std::string text(1'000, 'x');
    for (int i = 0; i < 10'000; ++i) record("much", {{"i", i}, {"text", text}});
    EXPECT_GT(figures().dropped, before.dropped) << "10 MB do not fit into 4";
    std::jthread reader([&] {
      std::array<char, 65536> part;
      for (ssize_t n; (n = ::read(pipe[0], part.data(), part.size())) > 0;)
        read.append(part.data(), static_cast<std::size_t>(n));
    });
    background.reset();
    ::dup2(saved, STDERR_FILENO);
    ::close(pipe[1]);
  }
  ::close(pipe[0]);
  ::close(saved);
  std::istringstream in(read);
  std::uint64_t lines = 0, told = 0;
  for (std::string line; std::getline(in, line);) {
    const Json parsed = Json::parse(line);
    if (parsed.at("message") == "much")
      ++lines;
    else
      told += parsed.at("lines").get<std::uint64_t>();
  }
  EXPECT_EQ(lines + told, 10'000u);
  EXPECT_EQ(told, figures().dropped - before.dropped);
}

TEST_F(Log, IsWrittenOnceItWasFlushed) {
  const Captured captured;
  const Background background;
  info("before the end");
  flush();
  EXPECT_EQ(captured.lines().size(), 1u);
}

TEST_F(Log, OneBackgroundInsideAnotherDoesNothing) {
  const Captured captured;
  {
    const Background outer;
    {
      const Background inner;
    }
    info("still here");
  }
  EXPECT_EQ(captured.lines().size(), 1u);
}

}  // namespace
}  // namespace waypost::log
