#include "store/conformance_secrets.hpp"

namespace waypost::store::test {
namespace {

using testing::ElementsAre;
using testing::Pair;
using waypost::test::wait_for_reply;

TEST_P(SecretWalk, PutsEverySecretUnderTheNewestKeyInSmallSteps) {
  EXPECT_THAT(counts(), ElementsAre(Pair(key_id(Key{1}), 13)));
  box_.replace(new_keys);
  EXPECT_EQ(walk(reseal_with(box_)), 13u);
  EXPECT_THAT(counts(), ElementsAre(Pair(key_id(Key{2}), 13)));
  EXPECT_EQ(walk(reseal_with(box_)), 0u) << "once is enough";
  for (const bool again : {false, true}) {
    if (again) reopen();
    expect_all_readable(SecretBox(Key{2}));
  }
}

TEST_P(SecretWalk, ThatIsCutOffAnywhereLosesNothingAndGoesOn) {
  box_.replace(new_keys);
  for (int steps = 0; steps < 16; ++steps) {
    walk(reseal_with(box_), steps);
    reopen();
    expect_all_readable(box_);
  }
  walk(reseal_with(box_));
  EXPECT_THAT(counts(), ElementsAre(Pair(key_id(Key{2}), 13)));
}

TEST_P(SecretWalk, LeavesTheVersionsOfEndpointsAsTheyAre) {
  box_.replace(new_keys);
  walk(reseal_with(box_));
  const auto now = *wait_for_reply<Endpoint>(
      [&](auto reply) { store().webhooks().get(endpoint_.ulid, std::move(reply)); });
  EXPECT_EQ(box_.key_of(now.sealed_secret), key_id(Key{2}));
  // A change that was begun before is taken: the version is the same.
  Endpoint changed = endpoint_;
  ++changed.version;
  EXPECT_TRUE(
      wait_for_reply<Submitted>([&](auto reply) { store().webhooks().put(changed, {}, std::move(reply)); }));
  EXPECT_THAT(counts(), testing::Contains(Pair(key_id(Key{1}), 3))) << "and is found by the next walk";
}

}  // namespace
}  // namespace waypost::store::test
