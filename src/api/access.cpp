#include "waypost/api/access.hpp"

#include "waypost/base/log.hpp"
#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view google_path = "/maps/api/";
/// How often the times of last use are written down, at most.
constexpr std::chrono::minutes note_every{1};

/// Of an address in its canonical text, an IPv4-mapped one as IPv4: so each request has it.
bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

std::optional<std::string> key_parameter(std::string_view query) {
  for (const auto pair : text::split(query, '&'))
    if (pair.starts_with("key=")) return text::percent_decode(pair.substr(4), true).value_or("");
  return std::nullopt;
}

/// The key that a request brings; nothing when there is none.
std::optional<std::string> presented_key(const net::RequestHead& head) {
  constexpr std::string_view scheme = "bearer ";
  if (const auto field = head.field("authorization")) {
    if (field->size() > scheme.size() && text::iequals(field->substr(0, scheme.size()), scheme))
      return std::string(text::trim(field->substr(scheme.size())));
    return "";  // another scheme: a key that cannot be right
  }
  if (head.path.starts_with(google_path)) return key_parameter(head.query);
  return std::nullopt;
}

}  // namespace

Access::Access(AccessOptions options, auth::Keyring& keyring, store::KeyStore& keys, Clock& clock)
    : options_(std::move(options)), keyring_(keyring), keys_(keys), clock_(clock) {}

bool Access::brings_key(const net::RequestHead& head) {
  return presented_key(head).has_value();
}

bool Access::is_open_to(const net::RequestHead& head) const {
  using enum AccessOptions::Mode;
  return options_.mode == none || (options_.mode == automatic && keyring_.empty() && !head.via_proxy &&
                                   is_loopback(head.remote_address));
}

Result<auth::Principal> Access::admit(const net::RequestHead& head, Needs needs) {
  const auto scope = needs.scope();
  if (!scope) return auth::Principal{};
  const auto token = presented_key(head);
  if (is_open_to(head)) return auth::Principal{.is_operator = token && is_operator(*token, head)};
  if (!token)
    return fail(Code::unauthenticated,
                "an API key is needed: send \"Authorization: Bearer wp_…\"; 'waypost key create' makes one");
  auto principal = check(*token, head);
  if (principal && !principal->scopes.allow(*scope))
    return fail(Code::forbidden, "this needs the scope \"" + std::string(to_string(*scope)) +
                                     "\", which the API key does not have");
  if (principal && needs.is_of_server() && !serves_all(*principal))
    return fail(
        Code::forbidden,
        "this is of all tenants together: it needs a key of the default tenant or the scope \"admin\"");
  return principal;
}

bool serves_all(const auth::Principal& principal) {
  return principal.tenant == default_tenant || principal.scopes.allow(auth::Scope::admin);
}

bool Access::is_operator(std::string_view token, const net::RequestHead& head) const {
  return options_.is_operator && is_loopback(head.remote_address) && options_.is_operator(token);
}

Result<auth::Principal> Access::check(std::string_view token, const net::RequestHead& head) {
  const Time now = clock_.now();
  const std::string_view remote_address = head.remote_address;
  if (is_operator(token, head)) return auth::Principal{.is_operator = true};
  if (const auto seconds = guesses_.must_wait(remote_address, now)) {
    Error error{.code = Code::rate_limited,
                .message = "too many wrong API keys came from your address; try again later"};
    error.retry_after_seconds = *seconds;
    return std::unexpected(std::move(error));
  }
  auto principal = keyring_.admit(token, now);
  if (principal)
    note_use(now);
  else if (principal.error().code == Code::unauthenticated && guesses_.failed(remote_address, now))
    log::warn("many wrong API keys from one address: it has to wait", {{"client", remote_address}});
  return principal;
}

void Access::note_use(Time now) {
  Time noted = noted_.load(std::memory_order_relaxed);
  if (now - noted < note_every || !noted_.compare_exchange_strong(noted, now)) return;
  keys_.used(keyring_.take_used(), [](const Result<void>& done) {
    if (!done) log::warn("the last use of API keys was not written down", {{"error", done.error().message}});
  });
}

std::string challenge(const net::RequestHead& head, const Error& error, Needs needs) {
  std::string text = "Bearer realm=\"waypost\"";
  if (error.code == Code::unauthenticated)
    return Access::brings_key(head) ? text + ", error=\"invalid_token\"" : text;
  if (error.code != Code::forbidden || !needs.scope()) return {};
  return text + ", error=\"insufficient_scope\", scope=\"" + std::string(to_string(*needs.scope())) + '"';
}

void add_rate_fields(net::Response& response, const auth::Principal& principal) {
  if (!principal.rate) return;
  const auto& rate = *principal.rate;
  response.fields.push_back({"RateLimit-Policy", "\"key\";q=" + std::to_string(rate.quota) +
                                                     ";w=" + std::to_string(rate.window_seconds)});
  response.fields.push_back({"RateLimit", "\"key\";r=" + std::to_string(rate.remaining) +
                                              ";t=" + std::to_string(rate.reset_seconds)});
}

}  // namespace waypost::api
