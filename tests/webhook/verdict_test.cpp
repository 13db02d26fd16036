#include "webhook/verdict.hpp"

#include <gmock/gmock.h>

namespace waypost::webhook {
namespace {

using namespace std::chrono_literals;
using Kind = store::Settlement::Kind;
using Failure = net::ClientError::Kind;

constexpr std::array<Milliseconds, 4> gaps = {0s, 10s, 100s, 50s};
constexpr Time now{Milliseconds{1'800'000'000'000}};
constexpr double no_jitter = 0.5;

Ending answered(int status, std::string_view retry_after = "") {
  return {.status = status, .retry_after = retry_after, .at = now};
}
Ending failed(Failure failure) {
  return {.failure = failure, .at = now};
}
Verdict judge_first(const Ending& ending) {
  return judge(ending, 0, gaps, no_jitter);
}
Milliseconds wait_after(const Ending& ending, int attempts, double random = no_jitter) {
  return judge(ending, attempts, gaps, random).next_at - now;
}

TEST(Verdict, EveryTwoHundredIsDelivered) {
  for (int status = 200; status < 300; ++status)
    EXPECT_EQ(judge_first(answered(status)).kind, Kind::delivered) << status;
}

TEST(Verdict, AnyOtherAnswerIsRetriedRedirectsIncluded) {
  for (const int status :
       {100, 199, 300, 301, 302, 303, 307, 308, 400, 401, 404, 408, 409, 411, 429, 500, 503, 599})
    EXPECT_EQ(judge_first(answered(status)).kind, Kind::retry) << status;
}

TEST(Verdict, NoAnswerIsRetried) {
  for (const Failure failure : {Failure::unresolved, Failure::connect, Failure::tls, Failure::timeout,
                                Failure::protocol, Failure::too_large})
    EXPECT_EQ(judge_first(failed(failure)).kind, Kind::retry) << net::to_string(failure);
  EXPECT_EQ(judge_first(Ending{.at = now}).kind, Kind::retry) << "no request could be made";
}

TEST(Verdict, GoneAndForbiddenAreFinal) {
  EXPECT_EQ(judge_first(answered(410)).kind, Kind::gave_up);
  EXPECT_EQ(judge_first(failed(Failure::egress_forbidden)).kind, Kind::gave_up);
}

TEST(Verdict, ThereAreAsManyAttemptsAsGaps) {
  EXPECT_EQ(wait_after(answered(500), 0), 10s);
  EXPECT_EQ(wait_after(answered(500), 1), 100s);
  EXPECT_EQ(wait_after(answered(500), 2), 50s);
  EXPECT_EQ(judge(answered(500), 3, gaps, no_jitter).kind, Kind::gave_up);
  EXPECT_EQ(judge(answered(200), 3, gaps, no_jitter).kind, Kind::delivered);
  constexpr std::array<Milliseconds, 1> once = {0s};
  EXPECT_EQ(judge(answered(500), 0, once, no_jitter).kind, Kind::gave_up);
}

TEST(Verdict, GapsVaryByTenPercent) {
  EXPECT_EQ(wait_after(answered(500), 1, 0.0), 90s);
  EXPECT_EQ(wait_after(answered(500), 1, 0.25), 95s);
  EXPECT_EQ(wait_after(answered(500), 1, 1.0), 110s);
}

TEST(Verdict, RetryAfterIsTheLeastWaitButNotMoreThanTheLargestGap) {
  for (const int status : {429, 503}) {
    EXPECT_EQ(wait_after(answered(status, "42"), 0), 42s) << status;
    EXPECT_EQ(wait_after(answered(status, "42"), 0, 1.0), 42s) << "jitter does not shorten or stretch it";
    EXPECT_EQ(wait_after(answered(status, "3"), 0), 10s) << "the gap is longer";
    EXPECT_EQ(wait_after(answered(status, "86400"), 0), 100s) << "the largest gap";
    EXPECT_EQ(wait_after(answered(status, "Fri, 15 Jan 2027 08:01:00 GMT"), 0), 60s);
    EXPECT_EQ(wait_after(answered(status, "Fri, 15 Jan 2027 07:00:00 GMT"), 0), 10s) << "in the past";
    EXPECT_EQ(wait_after(answered(status, "soon"), 0), 10s) << "malformed";
  }
  for (const int status : {301, 500}) EXPECT_EQ(wait_after(answered(status, "42"), 0), 10s) << status;
}

TEST(Verdict, KnowsAReceiverThatCannotTakeMore) {
  for (const int status : {200, 301, 400, 404, 410})
    EXPECT_TRUE(judge_first(answered(status)).receiver_is_well) << status;
  for (const int status : {429, 500, 502, 503})
    EXPECT_FALSE(judge_first(answered(status)).receiver_is_well) << status;
  for (const Failure failure : {Failure::connect, Failure::timeout, Failure::protocol})
    EXPECT_FALSE(judge_first(failed(failure)).receiver_is_well) << net::to_string(failure);
  EXPECT_TRUE(judge_first(failed(Failure::egress_forbidden)).receiver_is_well);
}

}  // namespace
}  // namespace waypost::webhook
