#include "store/conformance_secrets.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::store::test {
namespace {

class SqlitePlace final : public Place {
 public:
  Result<std::unique_ptr<Store>> open(Clock& clock, Seconds idempotency) override {
    return open_sqlite(
        {.file = directory_ / "waypost.db", .min_free_bytes = 0, .retention = {.idempotency = idempotency}},
        clock);
  }

 private:
  TempDirectory directory_;
};

const auto sqlite = testing::Values(BackEnd{"sqlite", [] { return std::make_unique<SqlitePlace>(); }});
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, sqlite);
INSTANTIATE_TEST_SUITE_P(Sqlite, KeyConformance, sqlite);
INSTANTIATE_TEST_SUITE_P(Sqlite, ManifestConformance, sqlite);
INSTANTIATE_TEST_SUITE_P(Sqlite, TenantConformance, sqlite);
INSTANTIATE_TEST_SUITE_P(Sqlite, AuditConformance, sqlite);
INSTANTIATE_TEST_SUITE_P(Sqlite, SecretWalk, sqlite);

}  // namespace
}  // namespace waypost::store::test
