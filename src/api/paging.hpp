#pragma once

#include <functional>

#include "api/call.hpp"

/// Lists (§1 of the contract): pages of `limit` rows, each but the last with a cursor and a link to the next.
namespace waypost::api {

struct PageQuery {
  std::optional<std::int64_t> after;  ///< sequence of the last row of the page before
  std::size_t limit = 50;
};

/// A cursor names the last row of the page before; it means nothing to clients.
std::string cursor_of(std::int64_t sequence);
std::optional<std::int64_t> parse_cursor(std::string_view text);
/// 1 to 1000.
std::optional<std::size_t> parse_limit(std::string_view text);

/// `limit` and `cursor` among a query's fields.
PageQuery read_page(json::Fields& fields);
/// The same of a whole query, and what `more` reads of the route's other parameters.
Result<PageQuery> read_page(const Parameters& parameters,
                            const std::function<void(json::Fields&)>& more = {});

/// A list: `data` is the JSON array of its rows.
net::Response page_response(const Call& call, const Parameters& parameters, std::string_view data,
                            std::optional<std::int64_t> next);

}  // namespace waypost::api
