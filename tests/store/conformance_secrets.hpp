#pragma once

#include "store/conformance.hpp"
#include "waypost/store/secret_walk.hpp"

namespace waypost::store::test {

inline const MasterKeys old_keys{.keys = {Key{1}}, .signing = {}};
inline const MasterKeys new_keys{.keys = {Key{2}, Key{1}}, .signing = {}};

/// The suite of SecretStore: every place where a secret is kept has one.
class SecretWalk : public TenantConformance {
 protected:
  void SetUp() override {
    TenantConformance::SetUp();
    for (int i = 0; i < 7; ++i) {
      job::Spec spec = i % 2 == 0 ? plain() : of_other();
      spec.webhook = job::Webhook{.url = "http://receiver/", .secret = box_.seal("of a job")};
      spec.description = "enc1:looks like one";
      jobs_.push_back(submit(spec));
      submit();  // without a secret
    }
    apply(jobs_[0], job::Cancel{});  // owed, with its secret
    endpoint_ = {.ulid = make_ulid(clock.now()),
                 .url = "http://receiver/",
                 .headers = {{"X-Token", box_.seal("of a header")}},
                 .sealed_secret = box_.seal("of an endpoint"),
                 .old_secrets = {{box_.seal("before"), clock.now() + 1h}}};
    ASSERT_TRUE(waypost::test::wait_for_reply<Submitted>([&](auto reply) {
      store().webhooks().put(endpoint_, {IdempotencyKey{"k", "f"}, {201, box_.seal("an answer")}},
                             std::move(reply));
    }));
    ASSERT_TRUE(calls().submit(
        {.job = new_job(), .idempotency = IdempotencyKey{"plain", "f"}, .answer = {202, "{\"enc\":1}"}}));
    ASSERT_TRUE(waypost::test::wait_for_reply<bool>([&](auto reply) {
      store().operations().put({"mine", box_.seal("an operation")}, std::move(reply));
    }));
  }

  Result<SecretStore::Step> step(SecretStore::Place at, const SecretStore::Reseal& reseal) {
    return waypost::test::wait_for_reply<SecretStore::Step>(
        [&](auto reply) { store().secrets().reseal(std::move(at), 2, reseal, std::move(reply)); });
  }
  /// The secrets that were changed, in at most `steps` steps.
  std::size_t walk(const SecretStore::Reseal& reseal, int steps = 1000) {
    std::size_t changed = 0;
    std::optional<SecretStore::Place> at = SecretStore::Place{};
    for (; at && steps > 0; --steps) {
      auto done = step(std::move(*at), reseal);
      if (!done) throw std::runtime_error(done.error().message);
      changed += done->changed;
      at = std::move(done->next);
    }
    EXPECT_TRUE(!at || steps == 0) << "it has no end";
    return changed;
  }
  SecretCounts counts() {
    SecretCounts counts;
    EXPECT_EQ(walk(count_with(box_, counts)), 0u);
    return counts;
  }
  /// What every place holds, opened with the newest of the new keys alone, or with all.
  void expect_all_readable(const SecretBox& box) {
    const auto opened = [&box](const std::string& sealed) {
      return box.unseal(sealed).value_or("cannot be opened: " + sealed);
    };
    for (const Ulid& id : jobs_) {
      EXPECT_EQ(opened(get(id).spec.webhook->secret), "of a job");
      EXPECT_EQ(get(id).spec.description, "enc1:looks like one");
    }
    for (const auto& delivery : calls().due_deliveries(clock.now())->deliveries)
      EXPECT_EQ(opened(delivery.secret), "of a job");
    const auto endpoint = *waypost::test::wait_for_reply<Endpoint>(
        [&](auto reply) { store().webhooks().get(endpoint_.ulid, std::move(reply)); });
    EXPECT_EQ(opened(endpoint.sealed_secret), "of an endpoint");
    EXPECT_EQ(opened(endpoint.old_secrets.at(0).sealed), "before");
    EXPECT_EQ(opened(endpoint.headers.at(0).sealed_value), "of a header");
    EXPECT_EQ(endpoint.version, endpoint_.version) << "who is changing it meanwhile still may";
    const auto answer = waypost::test::wait_for_reply<Submitted>([&](auto reply) {
      store().webhooks().put(endpoint_, {IdempotencyKey{"k", "f"}, {}}, std::move(reply));
    });
    EXPECT_EQ(opened(answer->answer->body), "an answer");
    const auto operations = *waypost::test::wait_for_reply<std::vector<StoredOperation>>(
        [&](auto reply) { store().operations().all(std::move(reply)); });
    EXPECT_EQ(opened(operations.at(0).sealed_definition), "an operation");
  }

  SecretBox box_{old_keys};
  std::vector<Ulid> jobs_;
  Endpoint endpoint_;
};

}  // namespace waypost::store::test
