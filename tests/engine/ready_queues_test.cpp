#include "engine/ready_queues.hpp"

#include <gmock/gmock.h>

#include <random>

namespace waypost::engine {
namespace {

using Ready = ReadyQueues::Ready;
using ::testing::ElementsAre;

constexpr std::array<bool, capacity_count> any{true, true};
constexpr Time start{Milliseconds{1'000'000}};

Ulid ulid(std::uint64_t number) {
  return {number, number};
}
Ready ready(std::uint64_t number, std::int64_t priority = 0, Capacity capacity = Capacity::compute) {
  return {.ulid = ulid(number), .capacity = capacity, .priority = priority};
}

std::vector<std::uint64_t> take_all(ReadyQueues& queues, Time now = start) {
  std::vector<std::uint64_t> taken;
  while (const auto pick = queues.take(any, now)) taken.push_back(pick->job.ulid.high);
  return taken;
}

TEST(ReadyQueues, TakesByPriorityThenByOrderOfSubmissionWithinAndAcrossQueues) {
  ReadyQueues queues({});
  queues.add("b", ready(3));
  queues.add("a", ready(4));
  queues.add("a", ready(1));
  queues.add("b", ready(2));
  queues.add("b", ready(6, 7));
  queues.add("a", ready(5, 9));
  queues.add("a", ready(7, 7, Capacity::waiting));
  EXPECT_THAT(take_all(queues), ElementsAre(5, 6, 7, 1, 2, 3, 4));
}

TEST(ReadyQueues, TakesOnlyWhatFindsItsCapacityFree) {
  ReadyQueues queues({});
  queues.add("q", ready(1, 9, Capacity::compute));
  queues.add("q", ready(2, 0, Capacity::waiting));
  EXPECT_EQ(queues.take({false, true}, start)->job.ulid, ulid(2));
  EXPECT_FALSE(queues.take({false, true}, start));
  EXPECT_EQ(queues.take({true, false}, start)->job.ulid, ulid(1));
}

TEST(ReadyQueues, StartsNoMoreOfAQueueThanItsConcurrency) {
  ReadyQueues queues({{"held", {.concurrency = 0}}, {"two", {.concurrency = 2}}});
  for (std::uint64_t n = 1; n <= 5; ++n) queues.add("two", ready(n));
  for (std::uint64_t n = 6; n <= 8; ++n) queues.add("held", ready(n, 100));
  EXPECT_THAT(take_all(queues), ElementsAre(1, 2));
  queues.ended("two");
  EXPECT_THAT(take_all(queues), ElementsAre(3));
  queues.ended("two");
  queues.ended("two");
  EXPECT_THAT(take_all(queues), ElementsAre(4, 5));
}

Ready keyed(std::uint64_t number, std::string key, std::int64_t priority = 0) {
  Ready job = ready(number, priority);
  job.key = std::move(key);
  return job;
}

TEST(ReadyQueues, RunsOneJobOfAConcurrencyKeyAtATimeAndOthersPastIt) {
  ReadyQueues queues({});
  for (std::uint64_t n = 1; n <= 3; ++n) queues.add("q", keyed(n, "a"));
  queues.add("q", keyed(4, "b"));
  queues.add("q", ready(5));
  EXPECT_THAT(take_all(queues), ElementsAre(1, 4, 5));
  queues.ended("q", "b");
  EXPECT_TRUE(take_all(queues).empty());
  queues.ended("q", "a");
  EXPECT_THAT(take_all(queues), ElementsAre(2));
  EXPECT_EQ(queues.situation("q", "a").running_of_key, 1U);
}

TEST(ReadyQueues, CountsAConcurrencyKeyInEachQueueForItself) {
  ReadyQueues queues({});
  queues.add("p", keyed(1, "a"));
  queues.add("q", keyed(2, "a"));
  EXPECT_THAT(take_all(queues), ElementsAre(1, 2));
}

TEST(ReadyQueues, StartsTheNextOfAKeyWhenTheOneThatWasToRunIsGone) {
  ReadyQueues queues({});
  for (std::uint64_t n = 1; n <= 3; ++n) queues.add("q", keyed(n, "a"));
  take_all(queues);
  queues.ended("q", "a");
  queues.remove("q", ulid(2), 0, "a");
  EXPECT_THAT(take_all(queues), ElementsAre(3));
}

TEST(ReadyQueues, HoldsAPausedQueueAndLetsItGo) {
  ReadyQueues queues({});
  queues.add("q", ready(1));
  queues.add("other", ready(2));
  queues.set("q", {.paused = true});
  EXPECT_THAT(take_all(queues), ElementsAre(2));
  queues.set("q", {});
  EXPECT_THAT(take_all(queues), ElementsAre(1));
}

TEST(ReadyQueues, TakesNewLimitsAtOnce) {
  ReadyQueues queues({{"q", {.concurrency = 1}}});
  for (std::uint64_t n = 1; n <= 4; ++n) queues.add("q", keyed(n, "a"));
  EXPECT_THAT(take_all(queues), ElementsAre(1));
  queues.set("q", {});
  EXPECT_TRUE(take_all(queues).empty()) << "one of a key at a time still";
  queues.set("q", {.concurrency_per_key = 3});
  EXPECT_THAT(take_all(queues), ElementsAre(2, 3));
  queues.set("q", {.concurrency = 3, .concurrency_per_key = 1000000});
  EXPECT_TRUE(take_all(queues).empty());
  queues.ended("q", "a");
  EXPECT_THAT(take_all(queues), ElementsAre(4));
}

TEST(ReadyQueues, StartsAsManyInASecondAsTheRateSays) {
  ReadyQueues queues({{"q", {.rate_per_second = 4}}});
  for (std::uint64_t n = 1; n <= 20; ++n) queues.add("q", ready(n));
  std::size_t started = take_all(queues, start).size();
  EXPECT_EQ(started, 1U) << "no burst beyond a tenth of a second";
  Time now = start;
  for (int i = 0; i < 8; ++i) {
    const auto next = queues.next_start();
    ASSERT_TRUE(next);
    EXPECT_GT(*next, now);
    EXPECT_LE(*next, now + Milliseconds{251});
    EXPECT_TRUE(take_all(queues, *next - Milliseconds{2}).empty()) << "too early";
    now = *next;
    EXPECT_EQ(take_all(queues, now).size(), 1U) << "at the time that was told";
  }
}

TEST(ReadyQueues, ALongWaitSavesUpATenthOfASecond) {
  ReadyQueues queues({{"q", {.rate_per_second = 100}}});
  for (std::uint64_t n = 1; n <= 40; ++n) queues.add("q", ready(n));
  EXPECT_EQ(take_all(queues, start).size(), 10U);
  EXPECT_EQ(take_all(queues, start + Milliseconds{3'600'000}).size(), 10U);
}

TEST(ReadyQueues, TheNextStartIsNotPutOffByAsking) {
  ReadyQueues queues({{"q", {.rate_per_second = 1}}});
  queues.add("q", ready(1));
  queues.add("q", ready(2));
  take_all(queues, start);
  const auto first = queues.next_start();
  ASSERT_TRUE(first);
  EXPECT_EQ(queues.next_start(), first);
  EXPECT_LE(*first, start + Milliseconds{1001});
}

TEST(ReadyQueues, AQueueAtItsConcurrencyWaitsForNoTime) {
  ReadyQueues queues({{"q", {.concurrency = 1, .rate_per_second = 1}}});
  queues.add("q", ready(1));
  queues.add("q", ready(2));
  EXPECT_THAT(take_all(queues), ElementsAre(1));
  EXPECT_EQ(queues.next_start(), std::nullopt) << "nothing can start by time alone";
  queues.ended("q");
  EXPECT_TRUE(queues.next_start());
}

/// The truth: every job that is ready, and pages read from it as the store answers them.
class Model {
 public:
  using Key = std::pair<std::int64_t, std::uint64_t>;  // -priority, number: in the order in which they run

  void add(const Ready& job) { jobs_.emplace(Key{-job.priority, job.ulid.high}, job); }
  void erase(const Ready& job) { jobs_.erase({-job.priority, job.ulid.high}); }
  bool empty() const { return jobs_.empty(); }
  const Ready& best() const { return jobs_.begin()->second; }
  const Ready& at(std::size_t n) const {
    return std::next(jobs_.begin(), static_cast<std::ptrdiff_t>(n % jobs_.size()))->second;
  }

  bool has(const Ready& job) const { return jobs_.contains({-job.priority, job.ulid.high}); }

  std::vector<Ready> page(const ReadyQueues::Fetch& fetch) const {
    auto at =
        fetch.after
            ? jobs_.upper_bound({-fetch.after->priority, static_cast<std::uint64_t>(fetch.after->sequence)})
            : jobs_.begin();
    std::vector<Ready> out;
    for (; at != jobs_.end() && out.size() < fetch.limit; ++at)
      if (!fetch.key || at->second.key == *fetch.key) out.push_back(at->second);
    return out;
  }

 private:
  std::map<Key, Ready> jobs_;
};

/// Plays the engine against the model with random moves; a page may be read at any moment of its fetch.
class Play {
 public:
  explicit Play(unsigned seed) : random_(seed) {}

  void backlog(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) model_.add(fresh());
    queues_.expect_more("q");
  }
  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Ready job = fresh();
      model_.add(job);
      queues_.add("q", job);
    }
  }
  void remove() {
    if (model_.empty()) return;
    const Ready job = model_.at(random_());
    model_.erase(job);
    queues_.remove("q", job.ulid, job.priority, job.key);
  }
  /// False when nothing was there to take.
  bool take() {
    const auto pick = queues_.take(any, start);
    if (!pick) return false;
    // A page that was read before a job left may still show it; the store refuses its lease.
    if (!model_.has(pick->job)) {
      queues_.ended("q", pick->job.key);
      return true;
    }
    model_.erase(pick->job);
    running_.push_back(pick->job.key);
    if (!pick->job.key.empty())
      EXPECT_LE(std::ranges::count(running_, pick->job.key), per_key) << pick->job.key;
    if (random_() % 2 == 0) end_one();
    return true;
  }
  void end_one() {
    if (running_.empty()) return;
    const auto at = running_.begin() + static_cast<std::ptrdiff_t>(random_() % running_.size());
    queues_.ended("q", *at);
    running_.erase(at);
  }
  void begin_fetch() {
    if (fetch_) return;
    if (const auto fetch = queues_.next_fetch()) fetch_ = fetch;
  }
  void read_page() {
    if (fetch_ && !page_) page_ = model_.page(*fetch_);
  }
  void end_fetch() {
    if (!fetch_) return;
    read_page();
    if (random_() % 8 == 0)
      queues_.not_fetched(*fetch_);
    else
      queues_.fetched(*fetch_, *page_);
    fetch_.reset();
    page_.reset();
  }
  void random_move() {
    switch (random_() % 9) {
      case 8:
        return end_one();
      case 0:
        return add(random_() % 40);
      case 1:
        return add(random_() % 3 == 0 ? 1800 : 1);
      case 2:
        return remove();
      case 3:
        return begin_fetch();
      case 4:
        return read_page();
      case 5:
        return end_fetch();
      default:
        for (auto n = random_() % 300; n > 0 && take(); --n) {
        }
    }
  }
  /// Takes until nothing is left anywhere.
  void finish() {
    for (int idle = 0; idle < 20; ++idle) {
      while (take()) idle = 0;
      while (!running_.empty()) end_one();
      begin_fetch();
      end_fetch();
    }
  }
  bool nothing_left() const { return model_.empty(); }

  static constexpr std::uint32_t per_key = 2;

 private:
  Ready fresh() {
    const auto priority = random_() % 4 == 0 ? static_cast<std::int64_t>(random_() % 1000) : 0;
    Ready job = ready(++last_, priority, random_() % 2 == 0 ? Capacity::compute : Capacity::waiting);
    if (random_() % 2 == 0) job.key = "key " + std::to_string(random_() % 6);
    return job;
  }

  std::mt19937 random_;
  ReadyQueues queues_{{{"q", {.concurrency_per_key = per_key}}}};
  Model model_;
  std::vector<std::string> running_;  ///< the keys of what runs
  std::optional<ReadyQueues::Fetch> fetch_;
  std::optional<std::vector<Ready>> page_;
  std::uint64_t last_ = 0;
};

TEST(ReadyQueues, AHundredThousandThatWaitForOneKeyHoldNobodyUp) {
  ReadyQueues queues({});
  Model model;
  for (std::uint64_t n = 1; n <= 100000; ++n) {
    model.add(keyed(n, "a"));
    queues.add("q", keyed(n, "a"));
  }
  model.add(ready(100001));
  queues.add("q", ready(100001));
  const auto settle = [&] {
    while (const auto fetch = queues.next_fetch()) queues.fetched(*fetch, model.page(*fetch));
  };
  std::vector<std::uint64_t> taken;
  while (taken.size() < 2) {
    settle();
    for (const auto number : take_all(queues)) {
      taken.push_back(number);
      model.erase(keyed(number, ""));
    }
  }
  EXPECT_THAT(taken, ElementsAre(1, 100001));
  for (std::uint64_t n = 2; n <= 500; ++n) {
    queues.ended("q", "a");
    settle();
    ASSERT_THAT(take_all(queues), ElementsAre(n));
    model.erase(keyed(n, "a"));
  }
}

TEST(ReadyQueues, LosesNothingWhateverArrivesLeavesOrIsFetchedMeanwhile) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Play play(seed);
    if (seed % 3 == 0) play.backlog(5000);
    for (int move = 0; move < 400; ++move) play.random_move();
    play.finish();
    EXPECT_TRUE(play.nothing_left()) << "seed " << seed;
  }
}

TEST(ReadyQueues, ABacklogLargerThanTheWindowComesOutInOrderAndOnce) {
  ReadyQueues queues({});
  Model model;
  for (std::uint64_t n = 5000; n >= 1; --n) {
    const Ready job = ready(n, static_cast<std::int64_t>(n * 7919 % 13));
    model.add(job);
    queues.add("q", job);
  }
  std::size_t taken = 0;
  while (!model.empty()) {
    while (const auto fetch = queues.next_fetch()) {
      queues.fetched(*fetch, model.page(*fetch));
    }
    const auto pick = queues.take(any, start);
    ASSERT_TRUE(pick) << "after " << taken;
    ASSERT_EQ(pick->job.ulid, model.best().ulid) << "after " << taken;
    model.erase(pick->job);
    ++taken;
  }
  EXPECT_EQ(taken, 5000U);
  EXPECT_FALSE(queues.take(any, start));
}

TEST(ReadyQueues, WhatIsPushedOutOfTheWindowDuringAFetchIsFetchedAgain) {
  ReadyQueues queues({});
  Model model;
  const auto add = [&](const Ready& job) {
    model.add(job);
    queues.add("q", job);
  };
  for (std::uint64_t n = 1; n <= 2400; ++n) add(ready(n));
  for (int i = 0; i < 1600; ++i) model.erase(queues.take(any, start)->job);
  const auto fetch = queues.next_fetch();
  ASSERT_TRUE(fetch);
  const auto page = model.page(*fetch);
  // So many of high priority arrive that the tail of the window has to leave it.
  for (std::uint64_t n = 3001; n <= 4900; ++n) add(ready(n, 1));
  queues.fetched(*fetch, page);
  std::vector<std::uint64_t> order;
  for (;;) {
    while (const auto more = queues.next_fetch()) {
      queues.fetched(*more, model.page(*more));
    }
    const auto pick = queues.take(any, start);
    if (!pick) break;
    ASSERT_EQ(pick->job.ulid, model.best().ulid);
    model.erase(pick->job);
  }
  EXPECT_TRUE(model.empty());
}

TEST(ReadyQueues, MoreArrivalsDuringAFetchThanFitAreFetchedAgain) {
  ReadyQueues queues({});
  Model model;
  for (std::uint64_t n = 1; n <= 1000; ++n) model.add(ready(n));
  queues.expect_more("q");
  const auto fetch = queues.next_fetch();
  const auto page = model.page(*fetch);
  for (std::uint64_t n = 2001; n <= 4100; ++n) {
    model.add(ready(n, 1));
    queues.add("q", ready(n, 1));
  }
  queues.fetched(*fetch, page);
  const auto again = queues.next_fetch();
  ASSERT_TRUE(again);
  queues.fetched(*again, model.page(*again));
  EXPECT_EQ(queues.take(any, start)->job.ulid, ulid(2001));
}

TEST(ReadyQueues, ArrivalsDuringAFetchAreKeptWhenItsPageWasReadBeforeThem) {
  ReadyQueues queues({});
  queues.expect_more("q");
  const auto fetch = queues.next_fetch();
  ASSERT_TRUE(fetch);
  EXPECT_FALSE(queues.next_fetch()) << "one fetch of a queue at a time";
  queues.add("q", ready(2));
  queues.add("q", ready(3));
  queues.remove("q", ulid(3), 0);
  EXPECT_FALSE(queues.take(any, start)) << "what is in the store may go before it";
  queues.fetched(*fetch, {ready(1)});
  EXPECT_THAT(take_all(queues), ElementsAre(1, 2));
}

}  // namespace
}  // namespace waypost::engine
