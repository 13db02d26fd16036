#include "geo/fold.hpp"

#include <gmock/gmock.h>

namespace waypost::geo {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(Fold, MakesOneNameOfEverySpelling) {
  struct Row {
    std::string_view written, folded;
  };
  for (const auto& [written, folded] : {
           Row{"Châteauroux", "chateauroux"},
           Row{"CHA\u0302TEAUROUX", "chateauroux"},
           Row{"Straße", "st"},
           Row{"20℃", "20 c"},
           Row{"Łódź", "lodz"},
           Row{"Tromsø", "tromso"},
           Row{"Đà Nẵng", "da nang"},
           Row{"Ærø", "aero"},
           Row{"İstanbul", "istanbul"},
           Row{"Iğdır", "igdir"},
           Row{"Мюнхен", "мюнхен"},
           Row{"МОСКВА", "москва"},
           Row{"東京", "東京"},
           Row{"Ｔｏｋｙｏ", "tokyo"},
           Row{"L’Aquila", "laquila"},
           Row{"Aix-en-Provence", "aix en provence"},
           Row{"  New   York ", "new york"},
           Row{"Washington, D.C.", "washington dc"},
           Row{"Frankfurt a.M.", "frankfurt am"},
           Row{"St.Gallen", "st gallen"},
           Row{"Saint Louis", "st louis"},
           Row{"Sankt Pölten", "st polten"},
           Row{"", ""},
           Row{" ,;- ", ""},
       }) {
    EXPECT_EQ(fold(written), folded) << written;
  }
}

TEST(Fold, GivesTheWordsOfAddressesOneSpelling) {
  struct Row {
    std::string_view written, folded;
  };
  for (const auto& [written, folded] : {
           Row{"Königstraße", "konig st"},
           Row{"Königstr.", "konig st"},
           Row{"KÖNIG STR", "konig st"},
           Row{"Marktplatz", "markt pl"},
           Row{"Fifth Avenue", "5th av"},
           Row{"5th Ave.", "5th av"},
           Row{"N.E. 2nd Av", "ne 2nd av"},
           Row{"Northeast Second Avenue", "ne 2nd av"},
           Row{"B-dul Unirii", "bd unirii"},
           Row{"Bulevardul Unirii", "bd unirii"},
           Row{"Piața Victoriei", "pl victoriei"},
           Row{"Невский пр-т", "невскии prosp"},
           Row{"Невский проспект", "невскии prosp"},
           Row{"вул. Городоцька", "ul городоцька"},
           Row{"12½", "12 1 2"},
           Row{"12 1/2", "12 1 2"},
       }) {
    EXPECT_EQ(fold(written), folded) << written;
    EXPECT_EQ(fold(folded), folded) << written;
  }
}

TEST(Fold, KeepsMarksThatTellWordsApart) {
  EXPECT_NE(fold("パリ"), fold("バリ"));
  EXPECT_NE(fold("กุ"), fold("กิ"));
}

TEST(Fold, SurvivesBytesThatAreNoUtf8) {
  EXPECT_EQ(fold("Par\xffis"), "par is");
  EXPECT_EQ(fold("\xc3"), "");
}

TEST(Fold, RemembersWhereCommasStood) {
  const auto folded = fold_words("12 Main Street, Springfield; IL");
  ASSERT_EQ(folded.words.size(), 5u);
  std::vector<bool> after_comma;
  for (const auto& word : folded.words) after_comma.push_back(word.after_comma);
  EXPECT_THAT(after_comma, ElementsAre(true, false, false, true, true));
  EXPECT_EQ(folded.phrase(1, 3), "main st");
}

TEST(FoldedForms, CoverHowPeopleWriteWithoutSpecialLetters) {
  EXPECT_THAT(folded_forms("München"), UnorderedElementsAre("munchen", "muenchen"));
  EXPECT_THAT(folded_forms("Ålesund"), UnorderedElementsAre("alesund", "aalesund"));
  EXPECT_THAT(folded_forms("L'Aquila"), UnorderedElementsAre("laquila", "l aquila"));
  EXPECT_THAT(folded_forms("Paris"), UnorderedElementsAre("paris"));
  EXPECT_TRUE(folded_forms("").empty());
}

}  // namespace
}  // namespace waypost::geo
