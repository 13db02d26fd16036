#include "waypost/geo/catalog.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "support/gazetteer.hpp"
#include "waypost/geo/import.hpp"

namespace waypost::geo {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// A data directory that already holds the built-in index, so that tests need not build it.
class CatalogFolder : public ::testing::Test {
 protected:
  CatalogFolder() {
    fs::create_directories(index().parent_path());
    fs::copy_file(test::default_gazetteer()->path(), index());
  }

  fs::path index() const { return data_.path() / "gazetteer" / "gazetteer.idx"; }
  fs::path source() const { return data_.path() / "gazetteer" / "sources" / "mine.src"; }

  void import(std::string_view town) {
    const std::string row =
        "1\t" + std::string(town) + "\t\t\t47.5\t13.5\tP\tPPL\tAT\t\t\t\t\t\t3000\t\t\tEurope/Vienna\t\n";
    const auto done = import_source({data_.write("dump.txt", row)},
                                    {.data_directory = data_.path(), .format = "geonames", .name = "mine"});
    ASSERT_TRUE(done) << done.error().message;
  }

  static bool knows(const Catalog& catalog, std::string_view folded) {
    return !catalog.current()->named(folded).empty();
  }

  /// Changes one byte of a file.
  static void damage(const fs::path& file, std::uintmax_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(~stream.get());
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
  }

  test::TemporaryFolder data_;
};

TEST(Catalog, BuildsTheBuiltInGazetteerAtTheFirstStart) {
  const test::TemporaryFolder data;
  Catalog catalog(data.path() / "deeper" / "still");
  EXPECT_EQ(catalog.current(), nullptr);
  ASSERT_TRUE(catalog.prepare());
  const auto sources = catalog.current()->info().sources;
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].name, "default");
  EXPECT_EQ(sources[1].name, "natural-earth");
  EXPECT_EQ(sources[1].licence, "public domain");
  const auto file = catalog.current()->path();
  const auto built = fs::last_write_time(file);
  ASSERT_TRUE(catalog.prepare());
  EXPECT_EQ(fs::last_write_time(file), built);
}

TEST(Catalog, SaysWhyTheFolderCannotBeUsed) {
  const test::TemporaryFolder data;
  data.write("gazetteer", "a file where the folder should be");
  Catalog catalog(data.path());
  const auto ready = catalog.prepare();
  ASSERT_FALSE(ready);
  EXPECT_THAT(ready.error().message, HasSubstr((data.path() / "gazetteer").string()));
}

TEST_F(CatalogFolder, BuildsTheIndexAgainWhenItIsDamaged) {
  Catalog catalog(data_.path());
  fs::resize_file(index(), 1000);
  ASSERT_TRUE(catalog.prepare());
  EXPECT_TRUE(knows(catalog, "paris"));
}

TEST_F(CatalogFolder, BuildsTheIndexAgainWhenItIsOfAnotherVersion) {
  import("Oberdorf");
  damage(index(), 8);  // the header's version
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.prepare());
  EXPECT_TRUE(knows(catalog, "oberdorf")) << "it is built from the sources";
}

TEST_F(CatalogFolder, BuildsTheIndexAgainWhenItIsNotOfTheseSources) {
  const auto without = data_.path() / "without.idx";
  fs::copy_file(index(), without);
  import("Oberdorf");
  fs::rename(without, index());  // as if the import had been killed before its last step
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.prepare());
  EXPECT_TRUE(knows(catalog, "oberdorf"));
}

TEST_F(CatalogFolder, PrefersWhatWasImported) {
  import("Oberdorf");
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.prepare());
  EXPECT_EQ(catalog.current()->info().sources.at(0).name, "mine");
  EXPECT_TRUE(knows(catalog, "oberdorf"));
  EXPECT_FALSE(knows(catalog, "paris"));
}

TEST_F(CatalogFolder, KeepsServingTheOldOneWhenTheNewOneIsDamaged) {
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.prepare());
  fs::remove(index());
  std::ofstream(index()) << "no index";
  const auto reloaded = catalog.reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().message, HasSubstr("gazetteer.idx is cut short"));
  EXPECT_TRUE(knows(catalog, "paris"));
}

TEST_F(CatalogFolder, ServesTheIndexOfASourceThatHasBeenDamagedSince) {
  import("Oberdorf");
  damage(source(), 8);
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.prepare());
  EXPECT_TRUE(knows(catalog, "oberdorf"));
}

TEST_F(CatalogFolder, SaysWhichSourceIsDamagedWhenItIsNeeded) {
  import("Oberdorf");
  damage(source(), 50);
  fs::remove(index());
  Catalog catalog(data_.path());
  const auto ready = catalog.prepare();
  ASSERT_FALSE(ready);
  EXPECT_THAT(ready.error().message, AllOf(HasSubstr("mine.src is damaged"), HasSubstr("--remove")));
}

TEST_F(CatalogFolder, VerifiesSourcesAndIndex) {
  import("Oberdorf");
  EXPECT_THAT(Catalog::verify(data_.path()), IsEmpty());
  damage(source(), 60);
  damage(index(), fs::file_size(index()) / 2);
  EXPECT_THAT(Catalog::verify(data_.path()),
              UnorderedElementsAre(HasSubstr("mine.src"), HasSubstr("gazetteer.idx")));
  EXPECT_THAT(Catalog::verify(data_.path() / "nothing"), IsEmpty());
}

TEST_F(CatalogFolder, LetsReadersFinishWithTheOldOne) {
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.prepare());
  const auto before = catalog.current();
  import("Oberdorf");
  ASSERT_TRUE(catalog.reload());
  EXPECT_FALSE(before->named("paris").empty());
  EXPECT_FALSE(knows(catalog, "paris"));
}

TEST_F(CatalogFolder, NoticesAnImportByItself) {
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.prepare());
  ASSERT_TRUE(catalog.watch());
  import("Oberdorf");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!knows(catalog, "oberdorf")) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the import was not noticed";
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace waypost::geo
