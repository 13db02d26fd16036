#include "api/call.hpp"

#include <algorithm>
#include <charconv>

#include "api/problem.hpp"
#include "waypost/base/hint.hpp"
#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

constexpr Seconds longest_wait{60};

Error bad_query(std::string detail, std::string parameter) {
  return faulty(Code::invalid_parameter,
                {{.parameter = std::move(parameter), .code = "malformed", .detail = std::move(detail)}});
}

/// A value in a comma list of a header, unquoted.
std::string_view unquote(std::string_view s) {
  s = text::trim(s);
  return s.size() >= 2 && s.front() == '"' && s.back() == '"' ? s.substr(1, s.size() - 2) : s;
}

/// One element of an Accept header: `type/subtype;q=0.5`.
struct MediaRange {
  std::string range;
  double weight = 1;

  /// How exactly it names the type; -1 when it does not cover it.
  int specificity_for(std::string_view type) const {
    if (range == type) return 2;
    if (range == std::string(type.substr(0, type.find('/'))) + "/*") return 1;
    return range == "*/*" ? 0 : -1;
  }
};

MediaRange media_range(std::string_view element) {
  const auto parts = text::split(element, ';');
  MediaRange out{text::lower_ascii(text::trim(parts[0]))};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto parameter = text::trim(parts[i]);
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const auto value = parameter.substr(2);
    if (std::from_chars(value.data(), value.data() + value.size(), out.weight).ec != std::errc{})
      out.weight = 1;
  }
  return out;
}

}  // namespace

Result<Parameters> parse_query(std::string_view query) {
  Parameters parameters;
  for (std::size_t end = 0; !query.empty(); query.remove_prefix(std::min(end + 1, query.size()))) {
    end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = text::percent_decode(pair.substr(0, equals), true);
    auto value = text::percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !text::is_utf8(*name))
      return std::unexpected(bad_query("is not percent-encoded UTF-8", "?"));
    if (!value || !text::is_utf8(*value))
      return std::unexpected(bad_query("its value is not percent-encoded UTF-8", std::move(*name)));
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

Result<QueryObject> QueryObject::make(const Parameters& parameters,
                                      const std::vector<std::string_view>& groups) {
  std::map<std::string_view, std::vector<std::pair<std::string_view, std::string_view>>> grouped;
  std::vector<std::string_view> seen;
  auto text = std::make_unique<std::string>();
  json::Writer out(*text);
  out.begin_object();
  for (const auto& [name, value] : parameters) {
    if (std::ranges::find(seen, name) != seen.end())
      return std::unexpected(
          faulty(Code::invalid_parameter,
                 {{.parameter = name, .code = "repeated", .detail = "is given more than once"}}));
    seen.push_back(name);
    const auto dot = name.find('.');
    const auto group = std::ranges::find(groups, std::string_view(name).substr(0, dot));
    if (dot != std::string::npos && group != groups.end())
      grouped[*group].emplace_back(std::string_view(name).substr(dot + 1), value);
    else
      out.field(name, value);
  }
  for (const auto& [group, members] : grouped) {
    out.key(group).begin_object();
    for (const auto& [name, value] : members) out.field(name, value);
    out.end_object();
  }
  out.end_object();
  auto document = json::Document::parse(*text);
  if (!document) return std::unexpected(bad_query(document.error().message, "?"));
  return QueryObject(std::move(text), std::move(*document));
}

Result<void> no_parameters(const Call& call) {
  if (call.request.head.query.empty()) return {};
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) return std::unexpected(parameters.error());
  std::vector<Fault> faults;
  for (const auto& [name, value] : *parameters)
    faults.push_back({.parameter = name,
                      .code = "unknown_parameter",
                      .detail = "is not a parameter of this route" + text::hint(name, {})});
  if (faults.empty()) return {};
  return std::unexpected(faulty(Code::invalid_parameter, std::move(faults)));
}

Result<void> no_body(const Call& call) {
  if (text::trim(call.request.body).empty()) return {};
  const auto document = json_body(call);
  if (!document) return std::unexpected(document.error());
  std::vector<Fault> faults;
  if (!document->root().is(json::Kind::object))
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
  else
    json::Fields(document->root(), "", faults).finish();
  if (faults.empty()) return {};
  return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
}

std::string media_type(const net::RequestHead& head) {
  const auto field = head.field("content-type");
  if (!field) return {};
  const auto parts = text::split(*field, ';');
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto parameter = text::trim(parts[i]);
    if (text::iequals(parameter.substr(0, 8), "charset=") &&
        !text::iequals(unquote(parameter.substr(8)), "utf-8"))
      return {};
  }
  return text::lower_ascii(text::trim(parts[0]));
}

Result<json::Document> json_body(const Call& call) {
  if (media_type(call.request.head) != "application/json")
    return fail(Code::unsupported_media_type,
                "a JSON body needs \"Content-Type: application/json\" (UTF-8), not \"" +
                    std::string(call.request.head.field("content-type").value_or("")) + "\"");
  return json::Document::parse(call.request.body);
}

net::Response json_response(int status, std::string body) {
  net::Response response{.status = status};
  response.body = std::move(body);
  response.fields.push_back({"Cache-Control", "no-store"});
  return response;
}

std::optional<Seconds> preferred_wait(const net::RequestHead& head) {
  const auto prefer = head.joined("prefer");
  if (!prefer) return {};
  // RFC 7240 §2: what can't be understood is ignored.
  for (const auto preference : text::split(*prefer, ',')) {
    const auto first = text::split(preference, ';').front();
    const auto equals = first.find('=');
    if (equals == std::string_view::npos || !text::iequals(text::trim(first.substr(0, equals)), "wait"))
      continue;
    const auto value = unquote(first.substr(equals + 1));
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    const bool whole = end == value.data() + value.size() && !value.empty();
    if (!whole || error == std::errc::invalid_argument || seconds < 0) return {};
    if (error == std::errc::result_out_of_range) return longest_wait;
    return std::min(Seconds{seconds}, longest_wait);
  }
  return {};
}

bool none_match(const net::RequestHead& head, std::string_view etag) {
  const auto field = head.joined("if-none-match");
  if (!field) return false;
  for (auto candidate : text::split(*field, ',')) {
    candidate = text::trim(candidate);
    if (candidate == "*") return true;
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == etag) return true;
  }
  return false;
}

std::string_view preferred_type(std::optional<std::string> accept, std::string_view media_types) {
  const auto offers = text::split(media_types, ' ');
  if (!accept || text::trim(*accept).empty()) return offers.front();
  std::vector<MediaRange> ranges;
  for (const auto element : text::split(*accept, ',')) ranges.push_back(media_range(element));
  std::string_view best;
  std::pair<double, int> best_rank{0, 0};
  for (const auto offered : offers) {
    // The most specific range that covers a type decides for it.
    std::pair<double, int> rank{0, -1};
    for (const MediaRange& range : ranges)
      if (const int specificity = range.specificity_for(offered); specificity > rank.second)
        rank = {range.weight, specificity};
    if (rank.first > 0 && (best.empty() || rank > best_rank)) {
      best = offered;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace waypost::api
