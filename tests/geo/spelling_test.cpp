#include "geo/spelling.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "support/gazetteer.hpp"

namespace waypost::geo::spelling {
namespace {

std::size_t between(std::string_view a, std::string_view b, std::size_t limit = 3) {
  return distance(letters_of(a), letters_of(b), limit);
}

TEST(Spelling, CountsErrorsAsTypistsMakeThem) {
  EXPECT_EQ(between("paris", "paris"), 0u);
  EXPECT_EQ(between("pari", "paris"), 1u);
  EXPECT_EQ(between("parris", "paris"), 1u);
  EXPECT_EQ(between("parus", "paris"), 1u);
  EXPECT_EQ(between("pairs", "paris"), 1u);  // exchanged neighbours
  EXPECT_EQ(between("москав", "москва"), 1u);
  EXPECT_EQ(between("paris", "london", 2), 3u);
}

TEST(Spelling, ForgivesByLengthAndNeverDigits) {
  const auto errors = [](std::string_view word) { return forgiven(letters_of(word)); };
  EXPECT_EQ(errors("rom"), 0u);
  EXPECT_EQ(errors("rome"), 1u);
  EXPECT_EQ(errors("seville"), 1u);
  EXPECT_EQ(errors("valencia"), 2u);
  EXPECT_EQ(errors("75004"), 0u);
  EXPECT_EQ(errors("route66"), 0u);
}

TEST(Spelling, SharesAVariantWithWhatWasMeant) {
  for (const auto& [wrong, right] :
       {std::pair{"pairs", "paris"}, std::pair{"valensiia", "valencia"},
        std::pair{"minneapols", "minneapolis"}, std::pair{"oulouse", "toulouse"}}) {
    const auto of_wrong = variants(letters_of(wrong)), of_right = variants(letters_of(right));
    EXPECT_TRUE(std::ranges::any_of(of_wrong, [&](auto hash) {
      return std::ranges::find(of_right, hash) != of_right.end();
    })) << wrong;
  }
}

TEST(Spelling, PutsTheLikeliestWordFirst) {
  const auto& gazetteer = test::default_gazetteer();
  const auto best = meant(gazetteer->view(), "toledi", 5);
  ASSERT_FALSE(best.empty());
  EXPECT_EQ(best.front().word, "toledo");
  EXPECT_TRUE(meant(gazetteer->view(), "12345", 5).empty());
  // An error in the first letter counts twice.
  for (const auto& word : meant(gazetteer->view(), "lisbom", 50)) {
    EXPECT_EQ(word.weight, word.errors + (word.word.front() == 'l' ? 0 : 1)) << word.word;
  }
}

}  // namespace
}  // namespace waypost::geo::spelling
