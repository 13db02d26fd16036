#include "waypost/operation/definition.hpp"

#include <algorithm>
#include <array>

#include "waypost/operation/headers.hpp"

namespace waypost::operation {
namespace {

constexpr std::array<std::string_view, 5> methods{"POST", "PUT", "PATCH", "GET", "DELETE"};
constexpr std::array<std::string_view, 8> our_headers{
    "webhook-id", "webhook-timestamp", "webhook-signature", "content-type",
    "accept",     "user-agent",        "traceparent",       "tracestate"};
constexpr std::string_view any_payload = "{}";

void read_kind(json::Fields& fields) {
  fields.require("kind");
  const auto kind = fields.string("kind");
  if (kind && *kind == "external")
    fields.fault("kind", "not_supported",
                 "workers that pull are not supported by this version; use \"http\"");
  else if (kind && *kind != "http")
    fields.fault("kind", "not_allowed", "must be \"http\"");
}

std::string read_url(json::Fields& fields, const net::EgressPolicy& policy) {
  fields.require("url");
  const auto url = fields.string("url", {1, 2048});
  if (!url) return {};
  if (const auto checked = policy.check(*url); !checked)
    fields.fault("url", checked.error().code == Code::egress_forbidden ? "egress_forbidden" : "malformed",
                 checked.error().message);
  return std::string(*url);
}

std::string read_method(json::Fields& fields) {
  const auto method = fields.string("method");
  if (!method) return "POST";
  if (std::ranges::find(methods, *method) == methods.end())
    fields.fault("method", "not_allowed", "must be POST, PUT, PATCH, GET or DELETE");
  return std::string(*method);
}

std::vector<net::Field> read_headers(json::Fields& fields, std::vector<Fault>& faults) {
  std::vector<net::Field> out;
  const auto headers = fields.object("headers");
  if (!headers) return out;
  const std::string pointer = fields.pointer("headers");
  check_headers(*headers, pointer, faults, our_headers);
  json::Fields members(*headers, pointer, faults);
  for (const auto header : headers->children())
    if (const auto value = members.string(header.key(), {0, 8192}))
      out.push_back({std::string(header.key()), std::string(*value)});
  return out;
}

std::optional<JsonSchema> read_schema(json::Fields& fields) {
  const auto schema = fields.object("schema");
  auto parsed = JsonSchema::parse(schema ? schema->raw() : any_payload);
  if (parsed) return std::move(*parsed);
  fields.fault("schema", "malformed", parsed.error().message);
  return {};
}

}  // namespace

std::optional<CustomOperation> read_definition(std::string type, json::Value definition,
                                               const net::EgressPolicy& policy, std::vector<Fault>& faults) {
  const std::size_t before = faults.size();
  if (!definition.is(json::Kind::object)) {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
    return {};
  }
  json::Fields fields(definition, "", faults);
  read_kind(fields);
  std::string url = read_url(fields, policy);
  std::string method = read_method(fields);
  std::vector<net::Field> headers = read_headers(fields, faults);
  std::optional<JsonSchema> schema = read_schema(fields);
  Defaults defaults;
  if (const auto timeout = fields.integer("timeout_seconds", {1, 86400}))
    defaults.timeout = Seconds{*timeout};
  if (const auto attempts = fields.integer("max_attempts", {1, 100}))
    defaults.max_attempts = static_cast<int>(*attempts);
  std::optional<std::uint32_t> concurrency;
  if (const auto most = fields.integer("concurrency", {1, 100'000}))
    concurrency = static_cast<std::uint32_t>(*most);
  std::string description(fields.string("description", {0, 1000}).value_or(""));
  fields.finish();
  if (faults.size() != before || !schema) return {};
  return CustomOperation{.type = std::move(type),
                         .description = std::move(description),
                         .url = std::move(url),
                         .method = std::move(method),
                         .headers = std::move(headers),
                         .schema = std::move(*schema),
                         .defaults = defaults,
                         .concurrency = concurrency};
}

}  // namespace waypost::operation
