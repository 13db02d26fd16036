#include "waypost/auth/keyring.hpp"

#include <gtest/gtest.h>

namespace waypost::auth {
namespace {

constexpr Time now{Seconds{1'790'000'000}};

struct Made {
  ApiKey key;
  std::string token;
};

Made made(std::optional<double> rate = {}, std::optional<Time> expires = {}) {
  Made out{.key = {.ulid = make_ulid(now), .name = "ci", .tenant = "maps", .tenant_number = Tenant{7}},
           .token = {}};
  out.key.scopes.add(Scope::lookup);
  out.key.rate_per_second = rate;
  out.key.expires_at = expires;
  out.token = give_secret(out.key);
  return out;
}

TEST(Keyring, AdmitsWhoBringsAKnownSecret) {
  Keyring ring;
  EXPECT_TRUE(ring.empty());
  const auto one = made();
  ring.replace({one.key, made().key});
  EXPECT_FALSE(ring.empty());
  const auto principal = ring.admit(one.token, now);
  ASSERT_TRUE(principal) << principal.error().message;
  EXPECT_EQ(principal->key, one.key.id());
  EXPECT_EQ(principal->tenant, Tenant{7});
  EXPECT_EQ(principal->scopes, one.key.scopes);
  EXPECT_FALSE(principal->rate);
}

TEST(Keyring, RefusesUnknownRevokedAndForgedTokens) {
  Keyring ring;
  auto known = made();
  auto revoked = made();
  revoked.key.revoked_at = now;
  ring.replace({known.key, revoked.key});
  ApiKey same_id = known.key;
  const auto forged = give_secret(same_id);
  for (const auto& token : {made().token, revoked.token, forged, std::string("wp_nonsense"), std::string()}) {
    const auto refused = ring.admit(token, now);
    ASSERT_FALSE(refused) << token;
    EXPECT_EQ(refused.error().code, Code::unauthenticated);
  }
}

TEST(Keyring, SaysThatAKeyExpiredOnlyToWhoKnowsItsSecret) {
  Keyring ring;
  auto one = made({}, now + Seconds{10});
  ring.replace({one.key});
  EXPECT_TRUE(ring.admit(one.token, now));
  const auto late = ring.admit(one.token, now + Seconds{10});
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("expired at 2026-09-21"), std::string::npos) << late.error().message;
  ApiKey guess = one.key;
  const auto guessed = ring.admit(give_secret(guess), now + Seconds{10});
  EXPECT_EQ(guessed.error().message.find("expired"), std::string::npos) << guessed.error().message;
}

TEST(Keyring, HoldsAKeyToItsRate) {
  Keyring ring;
  const auto one = made(2.0);
  ring.replace({one.key});
  const auto first = ring.admit(one.token, now);
  ASSERT_TRUE(first && first->rate);
  EXPECT_EQ(first->rate->quota, 2);
  EXPECT_EQ(first->rate->window_seconds, 1);
  EXPECT_EQ(first->rate->remaining, 1);
  EXPECT_EQ(first->rate->reset_seconds, 1);
  EXPECT_EQ(ring.admit(one.token, now)->rate->remaining, 0);
  const auto third = ring.admit(one.token, now);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Code::rate_limited);
  EXPECT_EQ(third.error().retry_after_seconds, 1);
  EXPECT_TRUE(ring.admit(one.token, now + Milliseconds{500}));
  EXPECT_FALSE(ring.admit(one.token, now + Milliseconds{600}));
  ring.replace({one.key, made().key});
  EXPECT_FALSE(ring.admit(one.token, now + Milliseconds{600})) << "another key's making lifts no limit";
}

TEST(Keyring, ASlowRateLetsOneThroughAtATime) {
  Keyring ring;
  const auto one = made(0.1);
  ring.replace({one.key});
  EXPECT_TRUE(ring.admit(one.token, now));
  const auto second = ring.admit(one.token, now + Seconds{1});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().retry_after_seconds, 9);
  EXPECT_TRUE(ring.admit(one.token, now + Seconds{10}));
}

TEST(Keyring, TellsOnceWhichKeysWereUsed) {
  Keyring ring;
  const auto one = made();
  ring.replace({one.key, made().key});
  EXPECT_TRUE(ring.take_used().empty());
  ASSERT_TRUE(ring.admit(one.token, now));
  const auto used = ring.take_used();
  ASSERT_EQ(used.size(), 1U);
  EXPECT_EQ(used.front(), std::pair(one.key.ulid, now));
  EXPECT_TRUE(ring.take_used().empty());
}

TEST(GuessLimiter, MakesAnAddressWaitAfterTooManyFailures) {
  GuessLimiter limiter;
  for (int i = 1; i < GuessLimiter::free_failures; ++i) EXPECT_FALSE(limiter.failed("192.0.2.1", now));
  EXPECT_FALSE(limiter.must_wait("192.0.2.1", now));
  EXPECT_TRUE(limiter.failed("192.0.2.1", now + Seconds{1})) << "this one begins the wait";
  EXPECT_EQ(limiter.must_wait("192.0.2.1", now + Seconds{1}), 59);
  EXPECT_FALSE(limiter.must_wait("192.0.2.2", now + Seconds{1})) << "nobody else waits";
  EXPECT_FALSE(limiter.must_wait("192.0.2.1", now + Seconds{60}));
}

TEST(GuessLimiter, RemembersABoundedNumberOfAddresses) {
  GuessLimiter limiter;
  for (std::size_t i = 0; i < GuessLimiter::most_addresses + 10; ++i)
    limiter.failed("address " + std::to_string(i), now + Milliseconds{static_cast<std::int64_t>(i)});
  const auto last = "address " + std::to_string(GuessLimiter::most_addresses + 9);
  for (int i = 1; i < GuessLimiter::free_failures; ++i) limiter.failed(last, now + Seconds{11});
  EXPECT_TRUE(limiter.must_wait(last, now + Seconds{11}));
}

}  // namespace
}  // namespace waypost::auth
