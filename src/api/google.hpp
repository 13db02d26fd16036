#pragma once

#include "api/call.hpp"

/// Google's Geocoding API (§2.1): its rules hold on its routes, for errors too.
namespace waypost::api {

asio::awaitable<Reply> google_geocode_json(Call call);
asio::awaitable<Reply> google_geocode_xml(Call call);

/// Whether a failure on this path is told in Google's format.
bool is_google(std::string_view path);
/// The failure as JSON, or as XML on the path of XML. What HTTP itself refuses is not for here.
net::Response google_refusal(std::string_view path, const Error& error);
/// To whoever may not call the route.
net::Response google_denial(const net::RequestHead& head, Error error);

}  // namespace waypost::api
