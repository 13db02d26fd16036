#include "geo/spelling.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <random>

#include "support/gazetteer.hpp"

namespace waypost::geo::spelling {
namespace {

std::size_t between(std::string_view a, std::string_view b) {
  return Distance(letters_of(a)).to(b);
}

TEST(Spelling, CountsErrorsAsTypistsMakeThem) {
  EXPECT_EQ(between("paris", "paris"), 0u);
  EXPECT_EQ(between("pari", "paris"), 1u);
  EXPECT_EQ(between("parris", "paris"), 1u);
  EXPECT_EQ(between("parus", "paris"), 1u);
  EXPECT_EQ(between("pairs", "paris"), 1u);  // exchanged neighbours
  EXPECT_EQ(between("москав", "москва"), 1u);
  EXPECT_EQ(between("paris", "london"), 6u);
  EXPECT_EQ(between("", "rome"), 4u);
  EXPECT_EQ(between("rome", ""), 4u);
}

/// The definition, a cell at a time.
std::size_t by_table(std::u32string_view a, std::u32string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min(
          {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

TEST(Spelling, CountsErrorsAsTheDefinitionDoes) {
  std::mt19937 random(7);
  const auto word = [&random] {
    std::string letters;
    for (auto size = random() % 12; size > 0; --size)
      letters += std::array{"a", "b", "c", "ж", "京"}[random() % 5];
    return letters;
  };
  for (int i = 0; i < 5'000; ++i) {
    const auto a = word(), b = word();
    ASSERT_EQ(between(a, b), by_table(letters_of(a), letters_of(b))) << a << ' ' << b;
  }
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
