#include "waypost/base/secret_box.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "waypost/base/text.hpp"

namespace waypost {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A directory of the test's own, removed at its end.
class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string name = (std::filesystem::temp_directory_path() / "waypost-key-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~KeyFile() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::filesystem::path file() const { return directory_ / "secret.key"; }
  void write(const std::string& text, std::filesystem::perms mode = std::filesystem::perms{0600}) const {
    std::ofstream(file()) << text;
    std::filesystem::permissions(file(), mode);
  }
  std::string message() const {
    const auto opened = open_key_file(file());
    return opened ? "it was opened" : opened.error().message;
  }
  std::filesystem::path directory_;
};

TEST_F(KeyFile, IsMadePrivateAndReadBack) {
  const auto made = open_key_file(file());
  ASSERT_TRUE(made) << made.error().message;
  struct stat facts{};
  ASSERT_EQ(::stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  std::ifstream in(file());
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, text::hex(*made));
  EXPECT_EQ(open_key_file(file()), *made);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1) << "a draft was left";
}

TEST_F(KeyFile, IsTheSameForAllWhoStartAtOnce) {
  std::array<Result<Key>, 4> keys;
  {
    std::vector<std::jthread> threads;
    for (auto& key : keys) threads.emplace_back([&] { key = open_key_file(file()); });
  }
  for (const auto& key : keys) {
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(*key, *keys[0]);
  }
}

TEST_F(KeyFile, IsRefusedWhenOthersCanReadIt) {
  write(std::string(64, 'a'), std::filesystem::perms{0640});
  EXPECT_THAT(message(), AllOf(HasSubstr(file().string()), HasSubstr("chmod 600")));
}

TEST_F(KeyFile, IsRefusedWhenMalformedAndNeverReplaced) {
  for (const std::string& text : {std::string(), std::string("secret"), std::string(63, 'a'),
                                  std::string(65, 'a'), std::string(63, 'a') + "g", std::string(200, 'a')}) {
    write(text);
    EXPECT_THAT(message(), AllOf(HasSubstr("64 hex digits"), HasSubstr("backup"))) << text;
    EXPECT_EQ(std::filesystem::file_size(file()), text.size());
  }
}

TEST_F(KeyFile, IsRefusedWhenItIsNoFileOrCannotBeMade) {
  std::filesystem::create_directory(file());
  EXPECT_THAT(message(), HasSubstr("is not a file"));
  const auto nowhere = open_key_file(directory_ / "none" / "secret.key");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, AllOf(HasSubstr("cannot make"), HasSubstr("secrets.key_file")));
  ASSERT_EQ(::mkfifo((directory_ / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(open_key_file(directory_ / "pipe")) << "and it did not hang";
}

TEST(DerivedKey, DiffersByLabelAndByMaster) {
  const Key one{1}, two{2};
  EXPECT_EQ(derive_key(one, "a"), derive_key(one, "a"));
  EXPECT_NE(derive_key(one, "a"), derive_key(one, "b"));
  EXPECT_NE(derive_key(one, "a"), derive_key(two, "a"));
  EXPECT_NE(derive_key(one, "a"), one);
}

TEST(SecretBox, OpensWhatItSealed) {
  const SecretBox box(Key{7});
  for (const std::string& text :
       {std::string(), std::string("whsec_abc"), std::string(10'000, 'x'), std::string("a\0b", 3)}) {
    const std::string sealed = box.seal(text);
    EXPECT_TRUE(SecretBox::is_sealed(sealed));
    EXPECT_THAT(sealed, StartsWith("enc1:"));
    if (!text.empty()) EXPECT_THAT(sealed, Not(HasSubstr(text)));
    EXPECT_EQ(box.unseal(sealed).value(), text);
  }
  EXPECT_NE(box.seal("same"), box.seal("same"));
  EXPECT_FALSE(SecretBox::is_sealed("whsec_abc"));
}

TEST(SecretBox, RefusesWhatAnotherKeySealedOrWhatWasAltered) {
  const SecretBox box(Key{7});
  const std::string sealed = box.seal("whsec_abc");
  const auto foreign = SecretBox(Key{8}).unseal(sealed);
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().message, HasSubstr("secrets.key_file"));
  auto bytes = *text::base64_decode(std::string_view(sealed).substr(5));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto altered = bytes;
    altered[i] ^= 1;
    EXPECT_FALSE(box.unseal("enc1:" + text::base64(altered))) << "byte " << i;
  }
  for (const std::string_view text : {"", "whsec_abc", "enc1:", "enc1:AAAA", "enc1:!"})
    EXPECT_FALSE(box.unseal(text)) << text;
}

}  // namespace
}  // namespace waypost
