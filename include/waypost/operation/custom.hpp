#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "waypost/base/clock.hpp"
#include "waypost/net/client.hpp"
#include "waypost/operation/json_schema.hpp"
#include "waypost/operation/operation.hpp"

/// Operations of the operator's own (§3.4 of the contract), called over HTTP.
namespace waypost::operation {

struct CustomOperation {
  std::string type;
  std::string description;
  std::string url;
  std::string method = "POST";
  std::vector<net::Field> headers;           ///< as they are sent: secrets in the clear
  JsonSchema schema;                         ///< of the payload
  Defaults defaults;                         ///< of jobs that do not say
  std::optional<std::uint32_t> concurrency;  ///< calls at once; none: no limit
};

/// Signs what is sent: id, Unix seconds and body to the value of `webhook-signature`. Any thread.
using Sign = std::function<std::string(std::string_view id, std::int64_t timestamp, std::string_view body)>;

/// Letters, digits, '.', '_' and '-', at most 100 of them.
bool is_operation_type(std::string_view type);

/// The operation. Each attempt at a job or row sends `{"job_id", "row", "attempt", "payload"}`, signed as a
/// webhook is, with a `webhook-id` of its own: "JOB.ROW.ATTEMPT", row 0 for a plain job. The JSON of a 2xx
/// answer is the result, null when it is empty; an answer that is no JSON fails for good
/// (`result_not_json`). All other answers and failures are those of `http` (builtin.hpp). `policy` and
/// `clock` outlive it.
std::shared_ptr<const Operation> make_custom(CustomOperation custom, const net::EgressPolicy& policy,
                                             const Clock& clock, Sign sign);

}  // namespace waypost::operation
