#pragma once

#include <span>

#include "api/call.hpp"
#include "waypost/api/access.hpp"

namespace waypost::api {

/// What a route's body is.
enum class Body : std::uint8_t {
  none,      ///< none is needed; a small one is read
  json,      ///< up to server.max_body_bytes
  manifest,  ///< a manifest, which is streamed, or JSON
  bulk,      ///< up to server.max_bulk_bytes
};

/// What the audit trail says of calls of a route; nothing without an action.
struct Audit {
  std::string_view action;
  bool keeps_request = false;  ///< the body says what was changed, and holds no secret
};

/// One row of the table of routes.
struct Route {
  std::string_view method;
  std::string_view path;      ///< with {name} for one segment
  std::string_view produces;  ///< media types, space-separated; "" when it depends
  Body body = Body::none;
  asio::awaitable<Reply> (*handler)(Call call);
  Needs needs;
  Audit audit = {};
};

/// Every route of the service, to read from top to bottom.
std::span<const Route> routes();

/// What a path and a method lead to.
struct Match {
  const Route* route = nullptr;  ///< none: no such path, or not by this method
  std::array<std::string_view, 2> arguments;
};
/// HEAD finds the route of GET.
Match match(std::string_view method, std::string_view path);
/// The methods of a path, as `Allow` has them; "" when there is no such path.
std::string allowed(std::string_view path);

}  // namespace waypost::api
