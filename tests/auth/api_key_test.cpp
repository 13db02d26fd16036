#include "waypost/auth/api_key.hpp"

#include <gtest/gtest.h>

#include <set>

namespace waypost::auth {
namespace {

ApiKey some_key() {
  return {.ulid = make_ulid(Time{Seconds{1'790'000'000}}), .name = "ci"};
}

TEST(ApiKey, ItsTokenNamesItAndProvesItsSecret) {
  ApiKey key = some_key();
  const auto token = give_secret(key);
  EXPECT_TRUE(token.starts_with("wp_" + key.ulid.to_string() + "_")) << token;
  const auto parsed = parse_token(token);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->key, key.ulid);
  EXPECT_TRUE(is_secret_of(*parsed, key));
}

TEST(ApiKey, TheSecretItselfIsNotKept) {
  ApiKey key = some_key();
  const auto token = give_secret(key);
  const auto secret = token.substr(token.size() - 72, 64);
  EXPECT_EQ(std::string(key.hash.begin(), key.hash.end()).find(secret.substr(0, 32)), std::string::npos);
}

TEST(ApiKey, TwoSecretsOfOneKeyDiffer) {
  ApiKey key = some_key();
  const auto first = parse_token(give_secret(key));
  give_secret(key);
  ASSERT_TRUE(first);
  EXPECT_FALSE(is_secret_of(*first, key));
}

TEST(ApiKey, AnyDamageToATokenIsSeen) {
  ApiKey key = some_key();
  const auto token = give_secret(key);
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto damaged = token;
    damaged[i] = damaged[i] == '7' ? '8' : '7';
    EXPECT_FALSE(parse_token(damaged)) << damaged;
  }
  for (const auto* text : {"", "wp_", "wp_x", "key_01M83NAEN9000331XMHZF26JR8"})
    EXPECT_FALSE(parse_token(text));
  EXPECT_FALSE(parse_token(token + "0"));
  EXPECT_FALSE(parse_token(token.substr(0, token.size() - 1)));
}

TEST(Scopes, AllowWhatTheyNameAndAdminAllowsAll) {
  Scopes reader;
  reader.add(Scope::jobs_read);
  EXPECT_TRUE(reader.allow(Scope::jobs_read));
  EXPECT_FALSE(reader.allow(Scope::jobs_write));
  EXPECT_FALSE(reader.allow(Scope::admin));
  Scopes admin;
  admin.add(Scope::admin);
  for (const auto name : scope_names()) EXPECT_TRUE(admin.allow(*parse_scope(name))) << name;
  EXPECT_EQ(Scopes::all().names().size(), scope_names().size());
}

TEST(Scopes, HaveTheNamesOfTheContract) {
  EXPECT_EQ(to_string(Scope::jobs_write), "jobs:write");
  EXPECT_EQ(parse_scope("jobs:read"), Scope::jobs_read);
  EXPECT_EQ(parse_scope("jobs"), std::nullopt);
}

}  // namespace
}  // namespace waypost::auth
