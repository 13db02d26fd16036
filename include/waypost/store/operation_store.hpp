#pragma once

#include <string>
#include <vector>

#include "waypost/store/reply.hpp"

namespace waypost::store {

/// An operation that was defined while running. What it is made of is sealed as a whole: headers hold
/// secrets.
struct StoredOperation {
  std::string type;
  std::string sealed_definition;
};

/// The operators' own operations that were defined while running.
class OperationStore {
 public:
  virtual ~OperationStore() = default;

  /// Defines it, or replaces its definition; whether it is new.
  virtual void put(StoredOperation operation, Reply<bool> reply) = 0;
  /// Code::not_found when there is none of this type.
  virtual void remove(std::string type, Reply<void> reply) = 0;
  virtual void all(Reply<std::vector<StoredOperation>> reply) = 0;
};

}  // namespace waypost::store
