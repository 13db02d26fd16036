#pragma once

#include "waypost/app/config.hpp"
#include "waypost/operation/definition.hpp"

namespace waypost::app {

/// What is wrong with one key of `operations.TYPE`.
struct OperationFault {
  std::string key;  ///< the last segment; "" for the operation as a whole
  std::string message;
};

/// The operation that the configuration describes, its secrets read from where `env:NAME` and `file:PATH`
/// say; nothing when there is a fault. Reads files; blocks.
std::optional<operation::CustomOperation> read_operation(const std::string& type,
                                                         const OperationConfig& config,
                                                         const net::EgressPolicy& policy,
                                                         std::vector<OperationFault>& faults);

}  // namespace waypost::app
