#pragma once

#include "api/call.hpp"

/// Handlers of lookups (§2.2): answered on the io thread, in microseconds.
namespace waypost::api {

asio::awaitable<Reply> native_geocode(Call call);
asio::awaitable<Reply> native_autocomplete(Call call);
asio::awaitable<Reply> native_reverse(Call call);
asio::awaitable<Reply> native_place(Call call);

asio::awaitable<Reply> photon_search(Call call);
/// Photon's, or Nominatim's when the query has a `format`.
asio::awaitable<Reply> photon_or_nominatim_reverse(Call call);

asio::awaitable<Reply> nominatim_search(Call call);
asio::awaitable<Reply> nominatim_lookup(Call call);
asio::awaitable<Reply> nominatim_status(Call call);

/// The language header, for dialects in which a parameter stands above it.
std::string_view accept_language(const Call& call);
/// 200, readable by pages of any origin: maps in browsers ask from everywhere.
net::Response lookup_response(std::string_view content_type, std::string body);

}  // namespace waypost::api
