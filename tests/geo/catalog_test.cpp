#include "waypost/geo/catalog.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "support/gazetteer.hpp"
#include "waypost/geo/import.hpp"

namespace waypost::geo {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A data directory that already holds the built-in index, so that tests need not build it.
class CatalogFolder : public ::testing::Test {
 protected:
  CatalogFolder() {
    fs::create_directories(Catalog::folder(data_.path()));
    const auto& built = test::default_gazetteer()->path();
    fs::copy_file(built, Catalog::folder(data_.path()) / built.filename());
  }

  void import(std::string_view town) {
    std::string row =
        "1\t" + std::string(town) + "\t\t\t47.5\t13.5\tP\tPPL\tAT\t\t\t\t\t\t3000\t\t\tEurope/Vienna\t\n";
    const auto done =
        import_geonames({data_.write("dump.txt", row)}, {.data_directory = data_.path(), .name = "mine"});
    ASSERT_TRUE(done) << done.error().message;
  }

  static bool knows(const Catalog& catalog, std::string_view folded) {
    return !catalog.current()->named(folded).empty();
  }

  test::TemporaryFolder data_;
};

TEST(Catalog, BuildsTheBuiltInGazetteerAtTheFirstStart) {
  const test::TemporaryFolder data;
  Catalog catalog(data.path() / "deeper" / "still");
  EXPECT_EQ(catalog.current(), nullptr);
  ASSERT_TRUE(catalog.ensure_default());
  EXPECT_EQ(catalog.current()->info().sources.front().name, "default");
  const auto file = catalog.current()->path();
  const auto built = fs::last_write_time(file);
  ASSERT_TRUE(catalog.ensure_default());
  EXPECT_EQ(fs::last_write_time(file), built);
}

TEST(Catalog, SaysWhyTheFolderCannotBeUsed) {
  const test::TemporaryFolder data;
  data.write("gazetteer", "a file where the folder should be");
  Catalog catalog(data.path());
  const auto ready = catalog.ensure_default();
  ASSERT_FALSE(ready);
  EXPECT_THAT(ready.error().message, HasSubstr((data.path() / "gazetteer").string()));
}

TEST_F(CatalogFolder, RebuildsTheBuiltInGazetteerWhenItIsDamaged) {
  Catalog catalog(data_.path());
  const auto file = Catalog::folder(data_.path()) / test::default_gazetteer()->path().filename();
  fs::resize_file(file, 1000);
  ASSERT_TRUE(catalog.ensure_default());
  EXPECT_TRUE(knows(catalog, "paris"));
}

TEST_F(CatalogFolder, RemovesIndexesOfOlderBuiltInData) {
  const auto old = Catalog::folder(data_.path()) / "default-00000000-1.idx";
  std::ofstream(old) << "old";
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.ensure_default());
  EXPECT_FALSE(fs::exists(old));
}

TEST_F(CatalogFolder, PrefersWhatWasImported) {
  import("Oberdorf");
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.ensure_default());
  EXPECT_EQ(catalog.current()->info().sources.front().name, "mine");
  EXPECT_TRUE(knows(catalog, "oberdorf"));
}

TEST_F(CatalogFolder, KeepsServingTheOldOneWhenTheNewOneIsDamaged) {
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.ensure_default());
  std::ofstream(Catalog::folder(data_.path()) / "mine.idx") << "no index";
  const auto reloaded = catalog.reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().message, HasSubstr("mine.idx is cut short"));
  EXPECT_TRUE(knows(catalog, "paris"));
}

TEST_F(CatalogFolder, LetsReadersFinishWithTheOldOne) {
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.ensure_default());
  const auto before = catalog.current();
  import("Oberdorf");
  ASSERT_TRUE(catalog.reload());
  fs::remove(before->path());
  EXPECT_FALSE(before->named("paris").empty());
  EXPECT_FALSE(knows(catalog, "paris"));
}

TEST_F(CatalogFolder, NoticesAnImportByItself) {
  Catalog catalog(data_.path());
  ASSERT_TRUE(catalog.ensure_default());
  ASSERT_TRUE(catalog.watch());
  import("Oberdorf");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (catalog.current()->info().sources.front().name != "mine") {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the import was not noticed";
    std::this_thread::yield();
  }
  EXPECT_TRUE(knows(catalog, "oberdorf"));
}

}  // namespace
}  // namespace waypost::geo
