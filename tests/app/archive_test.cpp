#include "app/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "temporary_directory.hpp"

namespace waypost::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Archive : public testing::Test {
 protected:
  static std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }
  std::filesystem::path make() {
    const auto archive = directory_.path() / "a.tar";
    const auto written =
        write_archive(archive, {{"empty", directory_.write("one", "")},
                                {"folder/text", directory_.write("two", "some text\n")},
                                {"large", directory_.write("three", std::string(700'001, 'x'))}});
    EXPECT_TRUE(written) << written.error().message;
    return archive;
  }
  std::filesystem::path into() {
    const auto folder = directory_.path() / "into";
    std::filesystem::create_directory(folder);
    return folder;
  }

  const TemporaryDirectory directory_;
};

TEST_F(Archive, GivesBackWhatWasPutIntoIt) {
  const auto archive = make();
  const auto names = extract_archive(archive, into());
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, ElementsAre("empty", "folder/text", "large"));
  EXPECT_EQ(read(into() / "empty"), "");
  EXPECT_EQ(read(into() / "folder/text"), "some text\n");
  EXPECT_EQ(read(into() / "large"), std::string(700'001, 'x'));
  EXPECT_FALSE(std::filesystem::exists(archive.string() + ".partial"));
}

TEST_F(Archive, IsReadByTarAndSha256sum) {
  const auto archive = make();
  const std::string command =
      "cd '" + into().string() + "' && tar xf '" + archive.string() + "' && sha256sum --quiet -c SHA256SUMS";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(Archive, IsRefusedWhereAnyByteOfAMemberIsAnother) {
  const std::string whole = read(make());
  for (const std::size_t at : {std::size_t{3}, whole.find("some text"), whole.find("xxxxx") + 300'000}) {
    std::string damaged = whole;
    damaged[at] ^= 1;
    const auto file = directory_.write("damaged.tar", damaged);
    const auto folder = directory_.path() / ("at" + std::to_string(at));
    std::filesystem::create_directory(folder);
    const auto names = extract_archive(file, folder);
    ASSERT_FALSE(names) << at;
    EXPECT_THAT(names.error().message, HasSubstr("cannot be used"));
  }
}

TEST_F(Archive, IsRefusedWhereItEndsEarly) {
  const std::string whole = read(make());
  for (const std::size_t length : {std::size_t{0}, std::size_t{100}, std::size_t{512}, whole.size() / 2}) {
    const auto folder = directory_.path() / ("to" + std::to_string(length));
    std::filesystem::create_directory(folder);
    const auto names = extract_archive(directory_.write("short.tar", whole.substr(0, length)), folder);
    ASSERT_FALSE(names) << length;
    EXPECT_THAT(names.error().message, HasSubstr("ends too early"));
  }
}

TEST_F(Archive, NeverWritesOutsideItsFolder) {
  for (const std::string name : {"../out", "/tmp/waypost-out", "a/../../out", "a//b", "."}) {
    const auto archive = directory_.path() / "evil.tar";
    std::filesystem::remove(archive);
    ASSERT_TRUE(write_archive(archive, {{name, directory_.write("one", "1")}}));
    const auto names = extract_archive(archive, into());
    ASSERT_FALSE(names) << name;
    EXPECT_THAT(names.error().message, HasSubstr("has a member of the name"));
    EXPECT_FALSE(std::filesystem::exists(directory_.path() / "out"));
  }
}

TEST_F(Archive, ReplacesNoFile) {
  const auto file = directory_.write("a.tar", "yesterday's");
  EXPECT_FALSE(write_archive(file, {}));
  EXPECT_EQ(read(file), "yesterday's");
}

}  // namespace
}  // namespace waypost::app
