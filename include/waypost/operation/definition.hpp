#pragma once

#include "waypost/operation/custom.hpp"

namespace waypost::operation {

/// Reads what defines an operation of the operator's own, as `PUT /v1/operations/{type}` has it:
/// `{"kind": "http", "url", "method", "headers", "schema", "timeout_seconds", "max_attempts", "concurrency",
/// "description"}`. Notes every fault at pointers from the root on; nothing when there is one. Pure.
std::optional<CustomOperation> read_definition(std::string type, json::Value definition,
                                               const net::EgressPolicy& policy, std::vector<Fault>& faults);

}  // namespace waypost::operation
