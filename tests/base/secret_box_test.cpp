#include "waypost/base/secret_keeper.hpp"

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
  EXPECT_EQ(line, text::hex(made->keys.front()));
  EXPECT_EQ(open_key_file(file()), *made);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1) << "a draft was left";
}

TEST_F(KeyFile, IsTheSameForAllWhoStartAtOnce) {
  std::array<Result<MasterKeys>, 4> keys;
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

TEST_F(KeyFile, HoldsSeveralKeysAndIsReplacedWhole) {
  const MasterKeys keys{.keys = {make_key(), make_key()}, .signing = make_key()};
  write(std::string(64, 'a'));
  ASSERT_TRUE(write_key_file(file(), keys));
  EXPECT_EQ(open_key_file(file()), keys);
  struct stat facts{};
  ASSERT_EQ(::stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1) << "a draft was left";
  const auto nowhere = write_key_file(directory_ / "none" / "secret.key", keys);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, HasSubstr("cannot make"));
}

TEST(MasterKeys, AreReadFromTextWithAnythingBlankBetween) {
  const std::string a(64, 'a'), b(64, 'B');
  const auto keys = parse_master_keys(" " + a + "\n," + b + "\tsigning:" + a + "\n");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->keys.size(), 2u);
  EXPECT_EQ(text::hex(keys->keys[1]), std::string(64, 'b'));
  EXPECT_EQ(keys->signing_key(), keys->keys[0]);
  for (const std::string& text : {std::string(), std::string(" "), "signing:" + a, a + "x", a + " " + a,
                                  a + " signing:" + a + " signing:" + b, a + " " + b.substr(1)})
    EXPECT_FALSE(parse_master_keys(text)) << text;
}

TEST(MasterKeys, SignWithTheOldestKeySoThatNewOnesChangeNothing) {
  const MasterKeys one{.keys = {Key{1}}, .signing = {}}, two{.keys = {Key{2}, Key{1}}, .signing = {}};
  EXPECT_EQ(one.signing_key(), two.signing_key());
}

class Keeper : public KeyFile {
 protected:
  std::unique_ptr<SecretKeeper> opened() const { return SecretKeeper::open(file()).value(); }
};

TEST_F(Keeper, AddsAKeyThatSealsFromThenOnAndStillOpensWhatOldOnesSealed) {
  const auto keeper = opened();
  const std::string before = keeper->box().seal("a");
  const auto signing = keeper->keys().signing_key();
  const auto id = keeper->add();
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(keeper->box().key_of(keeper->box().seal("b")), *id);
  EXPECT_EQ(keeper->box().unseal(before), "a");
  const auto again = opened();
  EXPECT_EQ(again->keys(), keeper->keys());
  EXPECT_EQ(again->box().unseal(before), "a");
  EXPECT_EQ(again->keys().signing_key(), signing);
}

TEST_F(Keeper, DropsAnOldKeyButNotTheOneInUseAndSignsAsBefore) {
  const auto keeper = opened();
  const auto signing = keeper->keys().signing_key();
  const std::string first = key_id(keeper->keys().keys.front());
  const std::string sealed = keeper->box().seal("a");
  EXPECT_EQ(keeper->drop(first).error().code, Code::conflict);
  EXPECT_EQ(keeper->drop("0011223344556677").error().code, Code::not_found);
  ASSERT_TRUE(keeper->add());
  ASSERT_TRUE(keeper->drop(first));
  const auto again = opened();
  EXPECT_EQ(again->keys().keys.size(), 1u);
  EXPECT_EQ(again->keys().signing_key(), signing);
  EXPECT_FALSE(again->box().unseal(sealed));
  EXPECT_TRUE(keeper->box().unseal(sealed)) << "it may be in memory somewhere";
}

TEST_F(Keeper, ChangesNoKeysThatWereGiven) {
  SecretKeeper given(MasterKeys{.keys = {Key{1}}, .signing = {}});
  EXPECT_EQ(given.add().error().code, Code::conflict);
  EXPECT_EQ(given.drop("x").error().code, Code::conflict);
}

TEST(SecretBox, PutsASecretUnderTheNewestKeyOnce) {
  SecretBox box(Key{7});
  const std::string sealed = box.seal("a");
  EXPECT_FALSE(box.reseal(sealed));
  box.replace({.keys = {Key{8}, Key{7}}, .signing = {}});
  const auto fresh = box.reseal(sealed);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(box.key_of(*fresh), key_id(Key{8}));
  EXPECT_EQ(SecretBox(Key{8}).unseal(*fresh), "a");
  EXPECT_FALSE(box.reseal(*fresh));
  EXPECT_FALSE(box.reseal("enc1:AAAA"));
  EXPECT_FALSE(box.reseal("a description"));
}

TEST(SecretBox, OpensTextsOfTheFirstFormThatDoNotNameTheirKey) {
  // python3, cryptography: AESGCM(hmac(bytes([7] + [0] * 31), b"waypost secrets at rest v1\x01", sha256)),
  // nonce of twelve zeros, "whsec_abc"
  const std::string sealed = "enc1:AAAAAAAAAAAAAAAAI+ltt9hyDV0XZiuxOD1ohtBSfWKHTvELow==";
  const SecretBox box(MasterKeys{.keys = {Key{8}, Key{7}}, .signing = {}});
  EXPECT_EQ(box.unseal(sealed), "whsec_abc");
  EXPECT_EQ(box.key_of(sealed), key_id(Key{7}));
  EXPECT_EQ(box.unseal(*box.reseal(sealed)), "whsec_abc");
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
    EXPECT_THAT(sealed, StartsWith("enc2:" + key_id(Key{7}) + ":"));
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
  const std::string prefix = sealed.substr(0, sealed.rfind(':') + 1);
  auto bytes = *text::base64_decode(std::string_view(sealed).substr(prefix.size()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto altered = bytes;
    altered[i] ^= 1;
    EXPECT_FALSE(box.unseal(prefix + text::base64(altered))) << "byte " << i;
  }
  for (const std::string_view text : {"", "whsec_abc", "enc1:", "enc1:AAAA", "enc1:!",
                                      "enc2:", "enc2:0011223344556677", "enc2:0011223344556677:AAAA"})
    EXPECT_FALSE(box.unseal(text)) << text;
}

}  // namespace
}  // namespace waypost
