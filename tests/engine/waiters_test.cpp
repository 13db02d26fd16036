#include "engine/waiters.hpp"

#include <gmock/gmock.h>

namespace waypost::engine {
namespace {

using job::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WaitersTest : public ::testing::Test {
 protected:
  void add(char name, const Ulid& id, Until until, Time deadline = late) {
    waiters.add(id, until, deadline, [this, name] { woken.push_back(name); });
  }

  static constexpr Time early{Milliseconds{1000}}, late{Milliseconds{2000}};
  static constexpr Ulid one{1, 1}, other{2, 2};
  std::vector<char> woken;
  Waiters waiters;
};

TEST_F(WaitersTest, WakesWhoWaitsForTheEndWhenTheJobIsTerminalOnly) {
  add('a', one, {});
  waiters.changed(one, State::running, 2, false);
  EXPECT_THAT(woken, IsEmpty());
  waiters.changed(other, State::succeeded, 3, false);
  EXPECT_THAT(woken, IsEmpty());
  waiters.changed(one, State::succeeded, 3, false);
  EXPECT_THAT(woken, ElementsAre('a'));
  waiters.changed(one, State::succeeded, 3, false);
  EXPECT_THAT(woken, ElementsAre('a')) << "a waiter is woken once";
}

TEST_F(WaitersTest, WakesWhoKnowsAVersionWhenALaterOneIsThere) {
  add('a', one, {.version_is_not = 5});
  waiters.changed(one, State::running, 5, false);
  waiters.changed(one, State::queued, 4, false);
  EXPECT_THAT(woken, IsEmpty()) << "what it has seen, or what was before, is no change to it";
  waiters.changed(one, State::running, 6, false);
  EXPECT_THAT(woken, ElementsAre('a'));
}

TEST_F(WaitersTest, WakesAllOfAJobThatIsGone) {
  add('a', one, {});
  add('b', one, {.version_is_not = 9});
  add('c', other, {});
  waiters.changed(one, State::queued, 1, true);
  EXPECT_THAT(woken, ElementsAre('a', 'b'));
}

TEST_F(WaitersTest, ExpiresByDeadlineAndKnowsTheNextOne) {
  EXPECT_EQ(waiters.next_deadline(), std::nullopt);
  add('b', one, {}, late);
  add('a', other, {}, early);
  add('c', one, {}, late);
  EXPECT_EQ(waiters.next_deadline(), early);
  waiters.expire(early - Milliseconds{1});
  EXPECT_THAT(woken, IsEmpty());
  waiters.expire(early);
  EXPECT_THAT(woken, ElementsAre('a'));
  EXPECT_EQ(waiters.next_deadline(), late);
  waiters.changed(one, State::failed, 2, false);
  EXPECT_THAT(woken, ElementsAre('a', 'b', 'c'));
  EXPECT_EQ(waiters.next_deadline(), std::nullopt) << "who was woken has no deadline any more";
  waiters.expire(late);
  EXPECT_EQ(woken.size(), 3U);
}

TEST_F(WaitersTest, WakesEveryoneAtTheEndOnce) {
  for (char name = 'a'; name < 'k'; ++name) add(name, name % 2 == 0 ? one : other, {});
  waiters.wake_all();
  std::ranges::sort(woken);
  EXPECT_EQ(std::string(woken.begin(), woken.end()), "abcdefghij");
  EXPECT_EQ(waiters.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace waypost::engine
