#include "store/conformance.hpp"

namespace waypost::store::test {
namespace {

TEST_P(KeyConformance, KeepsKeysWholeAndInOrderAcrossARestart) {
  auto first = made("ci");
  first.tenant = "maps";
  first.expires_at = clock.now() + 90s;
  first.rate_per_second = 2.5;
  first.scopes = auth::Scopes::all();
  const auto second = made("people");
  add(first);
  add(second);
  reopen();
  const auto kept = all();
  EXPECT_NE(kept.at(0).tenant_number, default_tenant);
  first.tenant_number = kept.at(0).tenant_number;
  EXPECT_EQ(kept, (std::vector{first, second}));
}

TEST_P(KeyConformance, RevokesOnceAndRemembersWhen) {
  const auto key = made("ci");
  add(key);
  const auto revoked = revoke(key.ulid);
  ASSERT_TRUE(revoked);
  EXPECT_EQ(revoked->revoked_at, clock.now());
  clock.advance(1h);
  EXPECT_EQ(*revoke(key.ulid), *revoked);
  EXPECT_EQ(all().front(), *revoked);
}

TEST_P(KeyConformance, DoesNotRevokeWhatIsNotThere) {
  const auto key = made("never added");
  EXPECT_EQ(revoke(key.ulid).error().code, Code::not_found);
  add(key);
  Ulid near = key.ulid;
  ++near.low;
  EXPECT_EQ(revoke(near).error().code, Code::not_found);
  EXPECT_FALSE(all().front().revoked_at);
}

TEST_P(KeyConformance, NotesTheLastUse) {
  const auto key = made("ci");
  add(key);
  const std::vector<std::pair<Ulid, Time>> times{{key.ulid, clock.now() + 5s},
                                                 {made("gone").ulid, clock.now()}};
  ASSERT_TRUE(waypost::test::wait_for_reply<void>([&](auto reply) { keys().used(times, std::move(reply)); }));
  EXPECT_EQ(all().front().last_used_at, clock.now() + 5s);
}

}  // namespace
}  // namespace waypost::store::test
