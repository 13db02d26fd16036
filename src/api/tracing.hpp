#pragma once

#include "api/call.hpp"

namespace waypost::api {

/// The request's `tracestate`; "" without a valid `traceparent`, with which alone it means anything (W3C
/// Trace Context §3.3.1).
std::string tracestate_of(const net::RequestHead& head);

/// Notes in a job which trace it belongs to: that of the request which makes it.
void take_trace(const Call& call, job::Spec& spec);

/// Tells of the span of a request that has ended. `route` is its template, "" when there is none.
void end_request(trace::Tracer& tracer, const net::RequestHead& head, const net::Finished& how,
                 std::string_view route);

}  // namespace waypost::api
