#include "api/paging.hpp"

#include <charconv>

#include "api/problem.hpp"
#include "waypost/base/id.hpp"
#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view cursor_prefix = "c_";

/// The address of the next page: this one's with another cursor.
std::string next_link(const net::RequestHead& head, const Parameters& parameters, const std::string& cursor) {
  std::string link(head.path);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    if (name == "cursor") continue;
    link += separator + text::percent_encode(name) + "=" + text::percent_encode(value);
    separator = '&';
  }
  return "<" + link + separator + "cursor=" + cursor + ">; rel=\"next\"";
}

}  // namespace

std::string cursor_of(std::int64_t sequence) {
  return format_id(cursor_prefix, Ulid{.high = static_cast<std::uint64_t>(sequence)});
}

std::optional<std::int64_t> parse_cursor(std::string_view text) {
  const auto ulid = parse_id(cursor_prefix, text);
  return ulid ? std::optional(ulid->sequence()) : std::nullopt;
}

std::optional<std::size_t> parse_limit(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && limit >= 1 && limit <= 1000 ? std::optional(limit) : std::nullopt;
}

PageQuery read_page(json::Fields& fields) {
  PageQuery page;
  if (const auto limit = fields.integer("limit", {1, 1000})) page.limit = static_cast<std::size_t>(*limit);
  if (const auto cursor = fields.string("cursor")) {
    page.after = parse_cursor(*cursor);
    if (!page.after) fields.fault("cursor", "malformed", "is not one that this service gave out");
  }
  return page;
}

Result<PageQuery> read_page(const Parameters& parameters, const std::function<void(json::Fields&)>& more) {
  const auto query = QueryObject::make(parameters);
  if (!query) return std::unexpected(query.error());
  std::vector<Fault> faults;
  json::Fields fields(query->root(), "", faults, json::Fields::Source::query);
  const PageQuery page = read_page(fields);
  if (more) more(fields);
  fields.finish();
  if (!faults.empty()) return std::unexpected(faulty(Code::invalid_parameter, std::move(faults)));
  return page;
}

net::Response page_response(const Call& call, const Parameters& parameters, std::string_view data,
                            std::optional<std::int64_t> next) {
  std::string body;
  json::Writer out(body);
  out.begin_object().key("data").raw(data);
  out.field("next_cursor", next ? std::optional(cursor_of(*next)) : std::nullopt).end_object();
  net::Response response = json_response(200, std::move(body));
  if (next) response.fields.push_back({"Link", next_link(call.request.head, parameters, cursor_of(*next))});
  return response;
}

}  // namespace waypost::api
