#include "engine/watchers.hpp"

#include <gmock/gmock.h>

namespace waypost::engine {
namespace {

using job::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WatchersTest : public ::testing::Test {
 protected:
  /// `name` is the key, and is noted in capitals when the deadline passed.
  void add(char name, const Ulid& id, Watch::For what, Time deadline = late) {
    watchers.add(static_cast<std::uint64_t>(name), id, what);
    next(name, deadline);
  }
  void next(char name, Time deadline = late) {
    watchers.next(static_cast<std::uint64_t>(name), deadline, [this, name](bool told) {
      woken.push_back(told ? name : static_cast<char>(std::toupper(name)));
    });
  }
  static store::Change to(const Ulid& id, State after, bool told = false) {
    return {.ulid = id, .after = after, .told = told};
  }

  static constexpr Time early{Milliseconds{1000}}, late{Milliseconds{2000}};
  static constexpr Ulid one{1, 1}, other{2, 2};
  std::vector<char> woken;
  Watchers watchers;
};

TEST_F(WatchersTest, TellOfTheEndOnceWhenTheJobIsTerminal) {
  add('a', one, Watch::For::end);
  watchers.changed(to(one, State::running, true));
  watchers.changed(to(other, State::succeeded));
  EXPECT_THAT(woken, IsEmpty());
  watchers.changed(to(one, State::succeeded));
  EXPECT_THAT(woken, ElementsAre('a'));
}

TEST_F(WatchersTest, TellOfEventsAndOfEveryChange) {
  add('a', one, Watch::For::event);
  add('b', one, Watch::For::change);
  watchers.changed(to(one, State::running));
  EXPECT_THAT(woken, ElementsAre('b'));
  watchers.changed(to(one, State::running, true));
  EXPECT_THAT(woken, ElementsAre('b', 'a')) << "who does not wait is told when it asks again";
  next('b');
  EXPECT_THAT(woken, ElementsAre('b', 'a', 'b'));
  next('b');
  next('a');
  EXPECT_THAT(woken, ElementsAre('b', 'a', 'b')) << "what was told is not told again";
}

TEST_F(WatchersTest, TellAllOfAJobThatIsForgotten) {
  add('a', one, Watch::For::end);
  add('b', one, Watch::For::event);
  add('c', other, Watch::For::change);
  store::Change gone = to(one, State::queued);
  gone.forgotten = true;
  watchers.changed(gone);
  EXPECT_THAT(woken, ElementsAre('a', 'b'));
}

TEST_F(WatchersTest, ExpireByDeadlineAndKnowTheNextOne) {
  EXPECT_EQ(watchers.next_deadline(), std::nullopt);
  add('b', one, Watch::For::end, late);
  add('a', other, Watch::For::end, early);
  EXPECT_EQ(watchers.next_deadline(), early);
  watchers.expire(early - Milliseconds{1});
  EXPECT_THAT(woken, IsEmpty());
  watchers.expire(early);
  EXPECT_THAT(woken, ElementsAre('A'));
  EXPECT_EQ(watchers.next_deadline(), late);
  watchers.changed(to(one, State::failed));
  EXPECT_THAT(woken, ElementsAre('A', 'b'));
  EXPECT_EQ(watchers.next_deadline(), std::nullopt) << "who was woken has no deadline any more";
}

TEST_F(WatchersTest, ForgetWhoIsRemoved) {
  add('a', one, Watch::For::end);
  watchers.remove('a');
  watchers.remove('a');
  EXPECT_EQ(watchers.next_deadline(), std::nullopt);
  watchers.changed(to(one, State::failed));
  EXPECT_THAT(woken, IsEmpty());
}

TEST_F(WatchersTest, WakeEveryoneAtTheEndOnce) {
  for (char name = 'a'; name < 'k'; ++name) add(name, name % 2 == 0 ? one : other, Watch::For::event);
  watchers.wake_all();
  std::ranges::sort(woken);
  EXPECT_EQ(std::string(woken.begin(), woken.end()), "abcdefghij");
  EXPECT_EQ(watchers.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace waypost::engine
