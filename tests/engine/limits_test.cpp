#include "engine/limits.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "waypost/base/asio.hpp"

namespace waypost::engine {
namespace {

class Calling final : public operation::WaitingOperation {
 public:
  explicit Calling(std::optional<std::uint32_t> limit) : limit_(limit) {}
  std::string_view type() const override { return "call"; }
  std::string_view description() const override { return "Calls."; }
  std::string_view schema() const override { return "{}"; }
  void check(json::Value, const std::string&, std::vector<Fault>&) const override {}
  std::optional<std::uint32_t> concurrency() const override { return limit_; }
  asio::awaitable<operation::Outcome> run(const operation::Task&, operation::IoContext,
                                          net::Abort&) const override {
    co_return operation::Success{"null"};
  }

 private:
  std::optional<std::uint32_t> limit_;
};

class LimitsTest : public testing::Test {
 protected:
  void define(std::optional<std::uint32_t> limit) { operations_.put(std::make_shared<const Calling>(limit)); }
  /// Waits for a turn and keeps it until `ends` says so.
  void call(std::size_t number, net::Abort& abort) {
    asio::co_spawn(context_, make_call(number, abort), asio::detached);
    run();
  }
  asio::awaitable<void> make_call(std::size_t number, net::Abort& abort) {
    auto turn = co_await limits_.wait("call", context_, abort);
    if (!turn) {
      refused_.push_back(number);
      co_return;
    }
    began_.push_back(number);
    turns_.emplace(number, std::move(*turn));
  }
  void end(std::size_t number) {
    turns_.erase(number);
    run();
  }
  void run() {
    context_.restart();
    context_.poll();
  }

  operation::Registry operations_;
  asio::io_context context_;
  Limits limits_{operations_};
  std::map<std::size_t, Limits::Turn> turns_;
  std::vector<std::size_t> began_, refused_;
  std::array<net::Abort, 6> aborts_;
};

using Numbers = std::vector<std::size_t>;

TEST_F(LimitsTest, CallsBeginInTheOrderInWhichTheyCameAsOthersEnd) {
  define(2);
  for (std::size_t i = 0; i < 5; ++i) call(i, aborts_[i]);
  EXPECT_EQ(began_, (Numbers{0, 1}));
  end(1);
  EXPECT_EQ(began_, (Numbers{0, 1, 2}));
  end(0);
  end(2);
  EXPECT_EQ(began_, (Numbers{0, 1, 2, 3, 4}));
}

TEST_F(LimitsTest, OneThatIsBrokenOffLeavesTheLine) {
  define(1);
  for (std::size_t i = 0; i < 3; ++i) call(i, aborts_[i]);
  aborts_[1].request();
  run();
  EXPECT_EQ(refused_, (Numbers{1}));
  end(0);
  EXPECT_EQ(began_, (Numbers{0, 2}));
  end(2);
  call(3, aborts_[3]);
  EXPECT_EQ(began_.back(), 3u) << "nothing was lost on the way";
}

TEST_F(LimitsTest, OneThatWasBrokenOffBeforeItCameGetsNoTurn) {
  define(1);
  aborts_[0].request();
  call(0, aborts_[0]);
  EXPECT_EQ(refused_, (Numbers{0}));
  call(1, aborts_[1]);
  EXPECT_EQ(began_, (Numbers{1}));
}

TEST_F(LimitsTest, ATurnThatComesWithAnAbortIsNotLost) {
  define(1);
  call(0, aborts_[0]);
  call(1, aborts_[1]);
  call(2, aborts_[2]);
  turns_.erase(0);  // grants the next one its turn, of which it has not heard yet
  aborts_[1].request();
  run();
  end(1);
  EXPECT_EQ(began_.back(), 2u);
}

TEST_F(LimitsTest, TheLimitIsThatOfTheOperationAsItIsNow) {
  define(1);
  for (std::size_t i = 0; i < 5; ++i) call(i, aborts_[i]);
  define(3);
  end(0);
  EXPECT_EQ(began_, (Numbers{0, 1, 2, 3}));
  define(std::nullopt);
  end(1);
  EXPECT_EQ(began_.size(), 5u);
}

TEST_F(LimitsTest, HoldsForManyThreadsTogether) {
  define(3);
  std::atomic<int> running = 0, most = 0, done = 0;
  const auto work = [&](asio::io_context& context, net::Abort& abort) -> asio::awaitable<void> {
    for (int i = 0; i < 500; ++i) {
      const auto turn = co_await limits_.wait("call", context, abort);
      const int now = ++running;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      co_await asio::post(asio::use_awaitable);
      --running;
    }
    ++done;
  };
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      asio::io_context context(1);
      std::array<net::Abort, 3> aborts;
      for (net::Abort& abort : aborts) asio::co_spawn(context, work(context, abort), asio::detached);
      context.run();
    });
  threads.clear();
  EXPECT_EQ(done, 12);
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 1);
}

}  // namespace
}  // namespace waypost::engine
