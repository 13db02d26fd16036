#include "waypost/auth/key_request.hpp"

#include <algorithm>
#include <charconv>

#include "waypost/base/text.hpp"

namespace waypost::auth {
namespace {

using json::Fields;

constexpr std::chrono::days longest_life{3660};

std::string all_scopes() {
  std::string text;
  for (const auto name : scope_names()) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

void read_scopes(Fields& fields, ApiKey& key) {
  fields.require("scopes");
  const auto names = fields.strings("scopes");
  if (!names) return;
  if (names->empty()) return fields.fault("scopes", "too_short", "must name at least one of " + all_scopes());
  for (const auto& name : *names) {
    if (const auto scope = parse_scope(name))
      key.scopes.add(*scope);
    else
      fields.fault("scopes", "unknown_scope",
                   "there is no scope \"" + name.substr(0, 40) + "\"; there are " + all_scopes());
  }
}

bool is_tenant_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

void read_tenant(Fields& fields, ApiKey& key) {
  const auto tenant = fields.string("tenant", {1, 64});
  if (!tenant) return;
  key.tenant = *tenant;
  if (!is_tenant_name(key.tenant))
    fields.fault("tenant", "malformed", "a tenant's name has letters, digits, '.', '_' and '-' only");
}

void read_expiry(Fields& fields, Time now, ApiKey& key) {
  const auto text = fields.string("expires_at");
  if (!text) return;
  key.expires_at = from_rfc3339(*text);
  if (!key.expires_at)
    fields.fault("expires_at", "malformed",
                 "must be a time by RFC 3339, such as 2026-11-22T19:03:11.042Z, not \"" +
                     std::string(text->substr(0, 40)) + "\"");
  else if (*key.expires_at <= now)
    fields.fault("expires_at", "out_of_range", "must lie in the future");
  else if (*key.expires_at > now + longest_life)
    fields.fault("expires_at", "out_of_range", "must be at most 3660 days ahead");
}

void write(json::Writer& out, const ApiKey& key, std::string_view token) {
  out.begin_object().field("id", key.id()).field("name", key.name).field("tenant", key.tenant);
  out.key("scopes").begin_array();
  for (const auto name : key.scopes.names()) out.string(name);
  out.end_array();
  out.key("rate_per_second");
  key.rate_per_second ? out.number(*key.rate_per_second) : out.null();
  out.field("created_at", key.created_at);
  out.field("expires_at", key.expires_at);
  out.field("last_used_at", key.last_used_at);
  out.field("revoked_at", key.revoked_at);
  if (!token.empty()) out.field("key", token);
  out.end_object();
}

}  // namespace

ApiKey read_key_request(json::Value body, Time now, std::vector<Fault>& faults) {
  ApiKey key{.ulid = make_ulid(now), .created_at = now};
  if (!body.is(json::Kind::object)) {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
    return key;
  }
  Fields fields(body, "", faults);
  fields.require("name");
  if (const auto name = fields.string("name", {1, 100})) key.name = *name;
  read_tenant(fields, key);
  read_scopes(fields, key);
  read_expiry(fields, now, key);
  key.rate_per_second = fields.number("rate_per_second", {0.001, 1'000'000});
  fields.finish();
  return key;
}

std::string to_json(const ApiKey& key, std::string_view token) {
  std::string text;
  json::Writer out(text);
  write(out, key, token);
  return text;
}

std::string to_json(const std::vector<ApiKey>& keys) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("data").begin_array();
  for (const ApiKey& key : keys) write(out, key, {});
  out.end_array().key("next_cursor").null().end_object();
  return text;
}

std::optional<Seconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  constexpr std::int64_t most = 400'000'000;  // keeps the products below in range
  if (error != std::errc{} || rest + 1 != end || number <= 0 || number > most) return std::nullopt;
  switch (*rest) {
    case 's':
      return Seconds{number};
    case 'm':
      return std::chrono::minutes{number};
    case 'h':
      return std::chrono::hours{number};
    case 'd':
      return std::chrono::days{number};
    default:
      return std::nullopt;
  }
}

}  // namespace waypost::auth
