#include "app/key_commands.hpp"

#include <fmt/format.h>

#include <iostream>

#include "app/data_owner.hpp"
#include "app/failure.hpp"
#include "app/job_view.hpp"
#include "waypost/auth/key_request.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

using auth::ApiKey;

// The keys of a data directory, through whoever owns it. Each answer is JSON.

Result<std::string> create(RunningService& service, const std::string& request, Clock&) {
  return service.send({.method = "POST",
                       .target = "/v1/api-keys",
                       .fields = {{"Content-Type", "application/json"}},
                       .body = request});
}

Result<std::string> create(OpenedData& data, const std::string& request, Clock& clock) {
  const auto document = json::Document::parse(request);
  if (!document) return std::unexpected(document.error());
  std::vector<Fault> faults;
  ApiKey key = auth::read_key_request(document->root(), clock.now(), faults);
  if (!faults.empty())
    return fail(Code::validation_failed, faults.front().pointer.value_or("") + ": " + faults.front().detail);
  const std::string token = auth::give_secret(key);
  const auto added =
      data.wait<store::Submitted>([&](auto reply) { data.store().keys().add(key, {}, std::move(reply)); },
                                  OpenedData::note(clock, "key.create", key.id()));
  if (!added) return std::unexpected(added.error());
  return auth::to_json(key, token);
}

Result<std::string> list(RunningService& service) {
  return service.send({.target = "/v1/api-keys"});
}

Result<std::string> list(OpenedData& data) {
  const auto keys =
      data.wait<std::vector<ApiKey>>([&](auto reply) { data.store().keys().all(std::move(reply)); });
  if (!keys) return std::unexpected(keys.error());
  return auth::to_json(*keys);
}

Result<std::string> revoke(RunningService& service, const std::string& id, Clock&) {
  return service.send({.method = "DELETE", .target = "/v1/api-keys/" + text::percent_encode(id)});
}

Result<std::string> revoke(OpenedData& data, const std::string& id, Clock& clock) {
  const auto ulid = parse_id(auth::id_prefix, id);
  if (!ulid) return fail(Code::not_found, "there is no API key " + id);
  const auto revoked =
      data.wait<ApiKey>([&](auto reply) { data.store().keys().revoke(*ulid, clock.now(), std::move(reply)); },
                        OpenedData::note(clock, "key.revoke", id));
  if (!revoked) return std::unexpected(revoked.error());
  return auth::to_json(*revoked);
}

/// `work(owner)` of the data that the configuration names.
template <class Work>
Result<std::string> with_owner(const Config& config, Clock& clock, Work work) {
  auto owner = find_owner(config, clock);
  if (!owner) return std::unexpected(owner.error());
  return std::visit(work, *owner);
}

std::string request_of(const KeyArguments& arguments, std::optional<Time> expires_at) {
  std::string text;
  json::Writer out(text);
  out.begin_object().field("name", arguments.name).key("scopes").begin_array();
  for (const auto scope : text::split(arguments.scopes, ','))
    if (const auto name = text::trim(scope); !name.empty()) out.string(name);
  out.end_array();
  if (!arguments.tenant.empty()) out.field("tenant", arguments.tenant);
  if (expires_at) out.field("expires_at", to_rfc3339(*expires_at));
  if (arguments.rate_per_second) out.key("rate_per_second").number(*arguments.rate_per_second);
  out.end_object();
  return text;
}

std::string scopes_of(json::Value key) {
  std::string text;
  if (const auto scopes = key.find("scopes"))
    for (const auto scope : scopes->children())
      text += (text.empty() ? "" : ",") + std::string(scope.string());
  return text;
}

/// "active", "expired" or "revoked".
std::string_view state_of(json::Value key, Time now) {
  if (!string_at(key, "revoked_at").empty()) return "revoked";
  const auto expires = from_rfc3339(string_at(key, "expires_at"));
  return expires && *expires <= now ? "expired" : "active";
}

std::string or_dash(std::string_view text) {
  return std::string(text.empty() ? "-" : text);
}

}  // namespace

int create_key(const Config& config, const KeyArguments& arguments, bool json) {
  SystemClock clock;
  std::optional<Time> expires_at;
  if (!arguments.expires.empty()) {
    const auto life = auth::parse_duration(arguments.expires);
    if (!life) return fail_with("--expires " + arguments.expires + " must be such as 90s, 15m, 12h or 30d");
    expires_at = clock.now() + *life;
  }
  const auto made = with_owner(
      config, clock, [&](auto& owner) { return create(owner, request_of(arguments, expires_at), clock); });
  if (!made) return fail_with(made.error().message);
  if (json) {
    std::cout << *made << '\n';
    return 0;
  }
  const auto document = json::Document::parse(*made);
  if (!document) return fail_with("the server's answer is no JSON: " + document.error().message);
  const auto key = document->root();
  std::cerr << fmt::format(
      "made {} ({}) with the scopes {}, {}; this is shown once:\n", string_at(key, "id"),
      string_at(key, "name"), scopes_of(key),
      expires_at ? "valid until " + to_rfc3339(*expires_at) : "valid until it is revoked");
  std::cout << string_at(key, "key") << '\n';
  return 0;
}

int list_keys(const Config& config, bool json) {
  SystemClock clock;
  const auto listed = with_owner(config, clock, [](auto& owner) { return list(owner); });
  if (!listed) return fail_with(listed.error().message);
  if (json) {
    std::cout << *listed << '\n';
    return 0;
  }
  const auto document = json::Document::parse(*listed);
  const auto rows = document ? document->root().find("data") : std::nullopt;
  if (!rows) return fail_with("the server's answer is not a list");
  constexpr std::string_view line = "{:<31} {:<8} {:<20} {:<12} {:<28} {}\n";
  std::cout << fmt::format(line, "ID", "STATE", "NAME", "TENANT", "SCOPES", "LAST USED");
  for (const auto key : rows->children())
    std::cout << fmt::format(line, string_at(key, "id"), state_of(key, clock.now()), string_at(key, "name"),
                             string_at(key, "tenant"), scopes_of(key),
                             or_dash(string_at(key, "last_used_at")));
  return 0;
}

int revoke_key(const Config& config, const std::string& id, bool json) {
  SystemClock clock;
  const auto revoked = with_owner(config, clock, [&](auto& owner) { return revoke(owner, id, clock); });
  if (!revoked) return fail_with(revoked.error().message);
  if (json)
    std::cout << "{\"id\":\"" << id << "\",\"revoked\":true}\n";
  else
    std::cerr << "revoked " << id << '\n';
  return 0;
}

}  // namespace waypost::app
