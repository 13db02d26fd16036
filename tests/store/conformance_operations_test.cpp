#include "store/conformance.hpp"

/// Operations that were defined while running.
namespace waypost::store::test {
namespace {

using waypost::test::wait_for_reply;

Result<bool> put(Store& store, StoredOperation operation) {
  return wait_for_reply<bool>(
      [&](auto reply) { store.operations().put(std::move(operation), std::move(reply)); });
}
Result<void> drop(Store& store, std::string type) {
  return wait_for_reply<void>(
      [&](auto reply) { store.operations().remove(std::move(type), std::move(reply)); });
}
std::map<std::string, std::string> all(Store& store) {
  std::map<std::string, std::string> out;
  for (const auto& [type, definition] : *wait_for_reply<std::vector<StoredOperation>>(
           [&](auto reply) { store.operations().all(std::move(reply)); }))
    out.emplace(type, definition);
  return out;
}

TEST_P(StoreConformance, KeepsOperationsAndSaysWhichAreNew) {
  EXPECT_EQ(put(store(), {"b", "enc1:x"}), true);
  EXPECT_EQ(put(store(), {"a", "enc1:y"}), true);
  EXPECT_EQ(put(store(), {"b", "enc1:z"}), false);
  reopen();
  EXPECT_EQ(all(store()), (std::map<std::string, std::string>{{"a", "enc1:y"}, {"b", "enc1:z"}}));
  EXPECT_TRUE(drop(store(), "a"));
  EXPECT_EQ(drop(store(), "a").error().code, Code::not_found);
  EXPECT_EQ(all(store()).size(), 1u);
}

}  // namespace
}  // namespace waypost::store::test
