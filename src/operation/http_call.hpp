#pragma once

#include <string>
#include <vector>

#include "waypost/base/json.hpp"
#include "waypost/base/time.hpp"
#include "waypost/net/client.hpp"
#include "waypost/operation/headers.hpp"
#include "waypost/operation/operation.hpp"

/// The `http` operation without the waiting: from a payload to a call, from an answer to an outcome. Pure.
namespace waypost::operation {

struct HttpCall {
  std::string method;
  std::string url;
  std::vector<net::Field> fields;
  std::string body;
  std::vector<int> expect_status;  ///< empty for 2xx
};

/// `payload` has been checked. `traceparent` is "" for none, and `tracestate` goes with it.
HttpCall read_call(json::Value payload, std::string_view traceparent, std::string_view tracestate = {});

Outcome outcome_of(const HttpCall& call, const net::ClientResponse& response, Time now);
Failure failure_of(const net::ClientError& error);

}  // namespace waypost::operation
