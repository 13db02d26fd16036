#include "waypost/webhook/signature.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "waypost/base/text.hpp"

namespace waypost::webhook {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view reference_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view reference_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view reference_body = R"({"test": 2432232314})";
constexpr std::string_view reference_signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr std::int64_t reference_time = 1614265330;

SecretBytes reference() {
  return parse_secret(reference_secret).value();
}

Received reference_message(std::string_view signature = reference_signature,
                           std::string_view timestamp = "1614265330") {
  return {.id = reference_id, .timestamp = timestamp, .signature = signature, .body = reference_body};
}

Time at(std::int64_t seconds) {
  return Time{Seconds{seconds}};
}

TEST(Signature, IsThatOfTheStandardsReference) {
  EXPECT_EQ(sign(reference(), reference_id, reference_time, reference_body), reference_signature);
}

TEST(Signature, IsWhatOpensslComputesForAnySecretAndBody) {
  for (const std::size_t secret_size : {24u, 32u, 63u, 64u}) {
    for (const std::size_t body_size : {0u, 1u, 63u, 64u, 65u, 1024u, 100'000u}) {
      const SecretBytes secret(secret_size, 0xA5);
      const std::string body(body_size, 'x');
      const std::string content = "evt_1.1700000000." + body;
      std::array<unsigned char, 32> digest{};
      unsigned int length = 0;
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(), &length);
      EXPECT_EQ(sign(secret, "evt_1", 1700000000, body), "v1," + text::base64(digest))
          << secret_size << " " << body_size;
    }
  }
}

TEST(Signature, OfOneSignerDoesNotDependOnWhatItSignedBefore) {
  Signer signer(reference());
  signer.sign("another", 1, std::string(1000, 'y'));
  EXPECT_EQ(signer.sign(reference_id, reference_time, reference_body), reference_signature);
}

TEST(Verify, AcceptsARightSignatureAmongSeveral) {
  const std::string several = "v1,AAAA v1a,whatever " + std::string(reference_signature) + " v1,BBBB";
  EXPECT_TRUE(verify(reference(), reference_message(several), at(reference_time)));
}

TEST(Verify, RefusesWhatWasAltered) {
  const Time now = at(reference_time);
  auto message = reference_message();
  message.body = R"({"test": 2432232315})";
  EXPECT_FALSE(verify(reference(), message, now));
  message = reference_message();
  message.id = "msg_other";
  EXPECT_FALSE(verify(reference(), message, now));
  EXPECT_FALSE(verify(reference(), reference_message(reference_signature, "1614265331"), now));
  EXPECT_FALSE(verify(parse_secret(make_secret()).value(), reference_message(), now));
  for (const std::string_view signature : {"", "v1,", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="})
    EXPECT_FALSE(verify(reference(), reference_message(signature), now)) << signature;
}

TEST(Verify, HoldsTheTimestampToTheToleranceEitherWay) {
  for (const int offset : {-300, 0, 300})
    EXPECT_TRUE(verify(reference(), reference_message(), at(reference_time + offset))) << offset;
  for (const int offset : {-301, 301}) {
    const auto refused = verify(reference(), reference_message(), at(reference_time + offset));
    ASSERT_FALSE(refused) << offset;
    EXPECT_THAT(refused.error().message, HasSubstr("300 s"));
  }
  for (const std::string_view timestamp :
       {"", "now", "1614265330.5", "-5", "99999999999999999999", "9223372036854775807"})
    EXPECT_FALSE(verify(reference(), reference_message(reference_signature, timestamp), at(reference_time)))
        << timestamp;
}

TEST(Secret, IsMadeReadAndWrittenBack) {
  const std::string made = make_secret();
  const auto bytes = parse_secret(made);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(bytes->size(), 32u);
  EXPECT_EQ(format_secret(*bytes), made);
  EXPECT_NE(make_secret(), made);
}

TEST(Secret, IsRefusedWithTheReasonAndWithoutShowingIt) {
  const std::string short_one = format_secret(std::vector<unsigned char>(23, 1));
  const std::string long_one = format_secret(std::vector<unsigned char>(65, 1));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "whsec_"},
      {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"},
      {"whsec_not*base64", "base64"},
      {short_one, "this one has 23"},
      {long_one, "this one has 65"}};
  for (const auto& [text, reason] : cases) {
    const auto refused = parse_secret(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, Code::validation_failed);
    EXPECT_THAT(refused.error().message, HasSubstr(reason));
    if (text.size() > 8) EXPECT_THAT(refused.error().message, Not(HasSubstr(text.substr(6))));
  }
}

}  // namespace
}  // namespace waypost::webhook
