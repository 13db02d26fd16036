#include "waypost/geo/gazetteer.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "geo/fold.hpp"
#include "geo/index_format.hpp"
#include "support/gazetteer.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string contents(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

class DamagedGazetteer : public ::testing::Test {
 protected:
  /// Why a file with these bytes is refused.
  std::string refusal(const std::string& bytes) {
    const auto opened = Gazetteer::open(folder_.write("x.idx", bytes));
    return opened ? "opened" : opened.error().message;
  }

  test::TemporaryFolder folder_;
  std::string sound_ = contents(test::default_gazetteer()->path());
};

TEST_F(DamagedGazetteer, IsRefusedWithTheFileAndTheRemedy) {
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  EXPECT_THAT(refusal("short"), HasSubstr("is cut short"));
  EXPECT_THAT(refusal(std::string(1000, 'x')),
              AllOf(HasSubstr("x.idx is no gazetteer"), HasSubstr("waypost import")));
  EXPECT_THAT(refusal(sound_.substr(0, sound_.size() - 8)), HasSubstr("is cut short: it has"));
  auto other_version = sound_;
  other_version[offsetof(index::Header, version)] = 99;
  EXPECT_THAT(refusal(other_version),
              HasSubstr("has format 99 and this waypost reads format " + std::to_string(index::version)));
}

TEST_F(DamagedGazetteer, IsNoticedWhereverAByteChanged) {
  const auto damaged_at = [this](std::size_t at) {
    auto bytes = sound_;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    return refusal(bytes);
  };
  EXPECT_THAT(damaged_at(sizeof(index::Header) + 3), HasSubstr("has a damaged head"));
  for (const auto part : {0.1, 0.3, 0.5, 0.7, 0.9}) {
    EXPECT_THAT(damaged_at(static_cast<std::size_t>(part * static_cast<double>(sound_.size()))),
                HasSubstr("is damaged (section"));
  }
}

TEST_F(DamagedGazetteer, IsReportedMissingWhenItIs) {
  const auto opened = Gazetteer::open(folder_.path() / "none.idx");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::not_found);
  EXPECT_THAT(opened.error().message, HasSubstr("none.idx: No such file or directory"));
}

TEST(Gazetteer, TellsWhatItHolds) {
  const auto gazetteer = test::default_gazetteer();
  const auto info = gazetteer->info();
  ASSERT_EQ(info.sources.size(), 2u);
  EXPECT_EQ(info.sources[0].name, "default");
  EXPECT_THAT(info.sources[0].attribution, HasSubstr("GeoNames"));
  EXPECT_EQ(info.sources[0].licence, "CC BY 4.0");
  EXPECT_EQ(info.sources[1].name, "natural-earth");
  EXPECT_GT(info.places, 27'000u);
  EXPECT_GT(info.names, 180'000u);
  EXPECT_TRUE(gazetteer->verify());
}

TEST(Gazetteer, OrdersPlacesByImportance) {
  const auto gazetteer = test::default_gazetteer();
  auto last = gazetteer->place(0);
  for (PlaceNumber n = 1; n < gazetteer->size(); ++n) {
    const auto place = gazetteer->place(n);
    EXPECT_TRUE(last.kind == Kind::country || last.importance >= place.importance) << n;
    last = place;
  }
}

TEST(Gazetteer, KnowsEveryPlaceByItsKeyAndItsName) {
  const auto gazetteer = test::default_gazetteer();
  for (PlaceNumber n = 0; n < gazetteer->size(); ++n) {
    const auto place = gazetteer->place(n);
    ASSERT_EQ(gazetteer->find(place.key), n);
    const auto named = gazetteer->named(fold(place.name));
    ASSERT_TRUE(std::ranges::binary_search(named, n)) << place.name;
    ASSERT_NE(place.country, no_place) << place.name;
  }
  EXPECT_EQ(gazetteer->find(place_key("none", "0")), std::nullopt);
}

TEST(Gazetteer, AnswersNothingForNumbersItDoesNotHave) {
  const auto gazetteer = test::default_gazetteer();
  EXPECT_EQ(gazetteer->place(gazetteer->size()).number, no_place);
  EXPECT_EQ(gazetteer->name(no_place, gazetteer->languages("en")), "");
  EXPECT_TRUE(gazetteer->named("").empty());
  EXPECT_TRUE(gazetteer->named("zzzzzzzz").empty());
  EXPECT_TRUE(gazetteer->coded(std::string(100, 'x')).empty());
}

TEST(Gazetteer, ChoosesTheLanguageByTheRulesOfBcp47AndAcceptLanguage) {
  const auto gazetteer = test::default_gazetteer();
  struct Row {
    std::string_view tags, resolved;
  };
  for (const auto& [tags, resolved] :
       {Row{"", "en"}, Row{"de", "de"}, Row{"DE-ch", "de"}, Row{"de_AT", "de"}, Row{"zh-Hant-TW", "zh-tw"},
        Row{"iw", "he"}, Row{"tlh", "en"}, Row{"tlh, fr;q=0.2, it;q=0.8", "it"}, Row{"fr;q=0, ja", "ja"},
        Row{"*", "en"}, Row{";;,,q=", "en"}}) {
    EXPECT_EQ(gazetteer->languages(tags).tag, resolved) << tags;
  }
}

}  // namespace
}  // namespace waypost::geo
