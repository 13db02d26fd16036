#include "waypost/webhook/signing_key.hpp"

#include <gmock/gmock.h>

#include "support/store_fixture.hpp"
#include "waypost/base/secret_keeper.hpp"
#include "waypost/webhook/signature.hpp"

namespace waypost::webhook {
namespace {

TEST(ServiceSecret, IsAValidSecretAndStaysTheSameWhenKeysAreAddedOrDropped) {
  const test::TempDirectory directory;
  const auto keeper = SecretKeeper::open(directory / "secret.key").value();
  const auto first = service_secret(keeper->keys());
  EXPECT_TRUE(parse_secret(first));
  const auto oldest = key_id(keeper->keys().keys.front());
  ASSERT_TRUE(keeper->add());
  EXPECT_EQ(service_secret(keeper->keys()), first);
  ASSERT_TRUE(keeper->drop(oldest));
  EXPECT_EQ(service_secret(open_key_file(directory / "secret.key").value()), first);
  EXPECT_NE(service_secret(open_key_file(directory / "other.key").value()), first);
}

TEST(ServiceSecret, IsDerivedInAWayThatNeverChanges) {
  // python3: hmac.new(bytes(32), b"waypost webhook signing v1\x01", "sha256"), in base64
  EXPECT_EQ(service_secret({.keys = {Key{}}, .signing = {}}),
            "whsec_Lx1Sk8nggPUZwfptPQhDB7uUR2bynAHDcK7AjFf6fnc=");
}

}  // namespace
}  // namespace waypost::webhook
