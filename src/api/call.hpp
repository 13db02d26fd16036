#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/api/service.hpp"
#include "waypost/base/json.hpp"

/// What every handler is given, and the small things that they share.
namespace waypost::api {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Route;

/// The entry of one call in the audit trail.
struct Trail {
  const Route& route;
  bool written = false;  ///< with the change that it speaks of
};

/// One request to one route.
struct Call {
  const Services& services;
  const net::Request& request;
  const auth::Principal& principal;
  std::array<std::string_view, 2> arguments;  ///< what stood for {…} in the route's path, undecoded
  Trail& trail;
};

using Reply = Result<net::Response>;

/// The query, decoded (application/x-www-form-urlencoded), in order. Fails with invalid_parameter on bad
/// escapes and bad UTF-8. A pair without "=" has an empty value.
Result<Parameters> parse_query(std::string_view query);

/// Query parameters read like a JSON object, so that one reader checks both: each value is a string; the
/// parts of a name before a dot become objects when they are among `groups`. A repeated parameter is a fault.
class QueryObject {
 public:
  static Result<QueryObject> make(const Parameters& parameters,
                                  const std::vector<std::string_view>& groups = {});
  json::Value root() const { return document_.root(); }

 private:
  QueryObject(std::unique_ptr<std::string> text, json::Document document)
      : text_(std::move(text)), document_(std::move(document)) {}
  std::unique_ptr<std::string> text_;  // the document looks into it
  json::Document document_;
};

/// Refuses any query parameter: for routes that have none.
Result<void> no_parameters(const Call& call);
/// Refuses a body other than nothing and `{}`.
Result<void> no_body(const Call& call);

/// The body as a JSON document, after its Content-Type: 415, or invalid_json.
Result<json::Document> json_body(const Call& call);

net::Response json_response(int status, std::string body);

/// `Prefer: wait=N` (RFC 7240): seconds, at most 60; nothing when it is not asked for.
std::optional<Seconds> preferred_wait(const net::RequestHead& head);

/// Whether If-None-Match names this entity tag (weak comparison, RFC 9110 §13.1.2).
bool none_match(const net::RequestHead& head, std::string_view etag);

/// Which of these media types (space-separated, the route's favourite first) an Accept header likes best (RFC
/// 9110 §12.5.1): of equal weights the one it names more exactly. The first without a header; "" when it
/// rules out all.
std::string_view preferred_type(std::optional<std::string> accept, std::string_view media_types);

/// The media type of the request's body, lower case, without parameters. A charset other than UTF-8 makes it
/// empty.
std::string media_type(const net::RequestHead& head);

}  // namespace waypost::api
