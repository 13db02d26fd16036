#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/operation_store.hpp"

namespace waypost::store::sqlite {

/// The schema's step that makes room for operations.
extern const std::string_view operations_schema;

class Operations final : public OperationStore {
 public:
  explicit Operations(Access& access) : access_(access) {}
  void put(StoredOperation operation, Reply<bool> reply) override;
  void remove(std::string type, Reply<void> reply) override;
  void all(Reply<std::vector<StoredOperation>> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite
