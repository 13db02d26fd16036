#include "waypost/webhook/signing_key.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "support/store_fixture.hpp"
#include "waypost/webhook/signature.hpp"

namespace waypost::webhook {
namespace {

TEST(ServiceSecret, IsAValidSecretAndStaysTheSameAsLongAsTheKeyFileDoes) {
  const test::TempDirectory directory;
  const auto first = service_secret(directory / "secret.key");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(parse_secret(*first));
  EXPECT_EQ(service_secret(directory / "secret.key"), *first);
  EXPECT_NE(service_secret(directory / "other.key"), *first);
}

TEST(ServiceSecret, IsDerivedInAWayThatNeverChanges) {
  const test::TempDirectory directory;
  const auto file = directory / "secret.key";
  std::ofstream(file) << std::string(64, '0') << '\n';
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  // python3: hmac.new(bytes(32), b"waypost webhook signing v1\x01", "sha256"), in base64
  EXPECT_EQ(service_secret(file).value(), "whsec_Lx1Sk8nggPUZwfptPQhDB7uUR2bynAHDcK7AjFf6fnc=");
}

}  // namespace
}  // namespace waypost::webhook
