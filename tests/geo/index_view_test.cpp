#include "geo/index_view.hpp"

#include <gmock/gmock.h>

#include <set>

#include "support/gazetteer.hpp"
#include "waypost/geo/gazetteer.hpp"

namespace waypost::geo {
namespace {

using index::Mark;

std::vector<std::uint32_t> best(const IndexView& view, Mark mark, std::string_view beginning,
                                std::size_t most) {
  std::vector<std::uint32_t> places(most);
  places.resize(view.best(mark, beginning, places));
  return places;
}

/// By looking at every term.
std::vector<std::uint32_t> by_hand(const IndexView& view, Mark mark, std::string_view beginning,
                                   std::size_t most) {
  std::set<std::uint32_t> all;
  const auto marked = static_cast<char>(mark) + std::string(beginning);
  for (std::size_t i = 0; i < view.terms(); ++i) {
    if (view.term(i).starts_with(marked)) all.insert(view.postings(i).begin(), view.postings(i).end());
  }
  std::vector<std::uint32_t> places(all.begin(), all.end());
  if (places.size() > most) places.resize(most);
  return places;
}

TEST(IndexView, ListsTheBestPlacesOfEveryBeginning) {
  const auto& view = test::default_gazetteer()->view();
  for (const auto* beginning :
       {"s", "sa", "san", "san ", "san f", "st", "z", "zz", "м", "мо", "москв", "東"}) {
    for (const std::size_t most : {5u, 96u})
      EXPECT_EQ(best(view, Mark::name, beginning, most), by_hand(view, Mark::name, beginning, most))
          << beginning;
  }
  EXPECT_TRUE(best(view, Mark::name, "no such beginning", 5).empty());
  EXPECT_TRUE(best(view, Mark::street, "s", 5).empty());
}

TEST(IndexView, KnowsTheWordsThatFollowEachOther) {
  const auto& view = test::default_gazetteer()->view();
  EXPECT_TRUE(view.may_be_neighbours("new york"));
  EXPECT_TRUE(view.may_be_neighbours("san francisco"));
  // A filter may err, but seldom.
  int wrong = 0;
  for (int i = 0; i < 1'000; ++i) wrong += view.may_be_neighbours("word" + std::to_string(i) + " york");
  EXPECT_LT(wrong, 50);
}

TEST(IndexView, HasNothingWhereThereIsNothing) {
  const IndexView view;
  std::uint32_t place = 0;
  EXPECT_EQ(view.best(Mark::name, "s", {&place, 1}), 0u);
  EXPECT_FALSE(view.may_be_neighbours("new york"));
  EXPECT_TRUE(view.find(Mark::name, "paris").empty());
}

}  // namespace
}  // namespace waypost::geo
