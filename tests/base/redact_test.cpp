#include "waypost/base/redact.hpp"

#include <gtest/gtest.h>

namespace waypost {
namespace {

TEST(Redacted, LeavesOutWhatLooksLikeASecret) {
  const std::pair<std::string, std::string> cases[] = {
      {"Bearer wp_abc", "Bearer [removed]"},
      {"authorization: bearer eyJhbGciOi.J9-_~+/=", "authorization: bearer [removed]"},
      {"the key wp_0123456789abcdef0123 is wrong", "the key wp_[removed] is wrong"},
      {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_[removed]"},
      {"a wp_0123456789abcdef b wp_fedcba9876543210 c", "a wp_[removed] b wp_[removed] c"},
  };
  for (const auto& [text, shown] : cases) EXPECT_EQ(redacted(text), shown);
}

TEST(Redacted, LeavesAllElseAlone) {
  for (const auto* const text :
       {"", "wp_", "wp_short", "whsec_", "key_01KAQ5ZS6E8V1X0Y2T3R4W5N7M", "bearer", "wp_ 0123456789abcdef"})
    EXPECT_EQ(redacted(text), std::nullopt) << text;
}

TEST(RedactTarget, LeavesOutTheValuesOfSecretParameters) {
  const std::pair<std::string, std::string> cases[] = {
      {"/maps/api/geocode/json?address=Paris&key=AIzaSy",
       "/maps/api/geocode/json?address=Paris&key=[removed]"},
      {"/x?key=a&key=b", "/x?key=[removed]&key=[removed]"},
      {"/x?%6bey=a", "/x?%6bey=[removed]"},
      {"/x?KEY=a&Signature=b", "/x?KEY=[removed]&Signature=[removed]"},
      {"/v1/jobs?webhook.url=https://h/T0K3N&webhook.secret=s&type=geocode",
       "/v1/jobs?webhook.url=[removed]&webhook.secret=[removed]&type=geocode"},
      {"/x?access_token=a&new%5fpassword=b", "/x?access_token=[removed]&new%5fpassword=[removed]"},
      {"http://h/x?key=a", "http://h/x?key=[removed]"},
  };
  for (const auto& [target, shown] : cases) EXPECT_EQ(redact_target(target), shown);
}

TEST(RedactTarget, LeavesAllElseAlone) {
  for (const auto* const target : {"/", "*", "/key=a", "/x?", "/x?&&", "/x?key",
                                   "/x?concurrency_key=a&unique.key=b&q=a%zz", "/x?monkey=a"})
    EXPECT_EQ(redact_target(target), target);
}

}  // namespace
}  // namespace waypost
