#include "waypost/base/error.hpp"

#include <array>
#include <utility>

namespace waypost {
namespace {

constexpr std::array facts{
    CodeFacts{Code::malformed_request, "malformed_request", 400, "Malformed request"},
    CodeFacts{Code::invalid_json, "invalid_json", 400, "Invalid JSON"},
    CodeFacts{Code::invalid_parameter, "invalid_parameter", 400, "Invalid parameter"},
    CodeFacts{Code::unauthenticated, "unauthenticated", 401, "Unauthenticated"},
    CodeFacts{Code::forbidden, "forbidden", 403, "Forbidden"},
    CodeFacts{Code::not_found, "not_found", 404, "Not found"},
    CodeFacts{Code::method_not_allowed, "method_not_allowed", 405, "Method not allowed"},
    CodeFacts{Code::not_acceptable, "not_acceptable", 406, "Not acceptable"},
    CodeFacts{Code::request_timeout, "request_timeout", 408, "Request timeout"},
    CodeFacts{Code::payload_too_large, "payload_too_large", 413, "Payload too large"},
    CodeFacts{Code::uri_too_long, "uri_too_long", 414, "URI too long"},
    CodeFacts{Code::unsupported_media_type, "unsupported_media_type", 415, "Unsupported media type"},
    CodeFacts{Code::headers_too_large, "headers_too_large", 431, "Headers too large"},
    CodeFacts{Code::conflict, "conflict", 409, "Conflict"},
    CodeFacts{Code::idempotency_in_progress, "idempotency_in_progress", 409, "First request still under way"},
    CodeFacts{Code::duplicate_job, "duplicate_job", 409, "Duplicate job"},
    CodeFacts{Code::precondition_failed, "precondition_failed", 412, "Precondition failed"},
    CodeFacts{Code::range_not_satisfiable, "range_not_satisfiable", 416, "Range not satisfiable"},
    CodeFacts{Code::validation_failed, "validation_failed", 422, "Validation failed"},
    CodeFacts{Code::idempotency_key_reused, "idempotency_key_reused", 422, "Idempotency key reused"},
    CodeFacts{Code::unknown_operation, "unknown_operation", 422, "Unknown operation"},
    CodeFacts{Code::unknown_job, "unknown_job", 422, "Unknown job"},
    CodeFacts{Code::egress_forbidden, "egress_forbidden", 422, "Egress forbidden"},
    CodeFacts{Code::unknown_manifest, "unknown_manifest", 422, "Unknown manifest"},
    CodeFacts{Code::empty_manifest, "empty_manifest", 422, "Empty manifest"},
    CodeFacts{Code::malformed_manifest, "malformed_manifest", 422, "Malformed manifest"},
    CodeFacts{Code::etag_mismatch, "etag_mismatch", 422, "ETag mismatch"},
    CodeFacts{Code::rate_limited, "rate_limited", 429, "Rate limited"},
    CodeFacts{Code::overloaded, "overloaded", 503, "Overloaded"},
    CodeFacts{Code::draining, "draining", 503, "Draining"},
    CodeFacts{Code::internal, "internal", 500, "Internal error"},
    CodeFacts{Code::insufficient_storage, "insufficient_storage", 507, "Insufficient storage"},
};

// The table is indexed by the enumeration.
static_assert([] {
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (std::to_underlying(facts[i].code) != static_cast<int>(i)) return false;
  return facts.size() == std::to_underlying(Code::insufficient_storage) + 1;
}());

}  // namespace

const CodeFacts& describe(Code code) {
  return facts[static_cast<std::size_t>(code)];
}

}  // namespace waypost
