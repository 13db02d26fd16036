#include "api/webhook_endpoints.hpp"
#include "api/audit.hpp"

#include "api/endpoint_json.hpp"
#include "api/paging.hpp"
#include "api/problem.hpp"
#include "api/submit.hpp"
#include "waypost/store/await.hpp"
#include "waypost/webhook/signature.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view path = "/v1/webhook-endpoints/";
constexpr Milliseconds name_patience{2000};
constexpr Seconds overlap{86400};  // of secrets, after a rotation
constexpr std::size_t most_old_secrets = 10;
constexpr int most_tries = 5;

Result<store::OwnedId> endpoint_id(const Call& call) {
  if (const auto id = parse_id(endpoint_prefix, call.arguments[0]))
    return store::OwnedId(*id, call.principal.tenant);
  return fail(Code::not_found,
              "there is no webhook endpoint " + std::string(call.arguments[0].substr(0, 64)));
}

asio::awaitable<Result<store::Submitted>> put(Call call, store::Endpoint endpoint, store::Keyed keyed) {
  const std::string id = format_id(endpoint_prefix, endpoint.ulid);
  const auto write = [&](auto done) {
    call.services.webhooks.put(std::move(endpoint), std::move(keyed), std::move(done));
  };
  co_return co_await change<store::Submitted>(call, write, id);
}

/// The address is judged as the guard will judge it at delivery.
asio::awaitable<void> check_address(Call call, std::string url, std::vector<Fault>& faults) {
  const auto checked = co_await net::check_reachable(std::move(url), call.services.egress, name_patience);
  if (!checked && checked.error().code == Code::egress_forbidden)
    faults.push_back({.pointer = "/url", .code = "egress_forbidden", .detail = checked.error().message});
}

Result<SecretAnswer> answer_with(const Call& call, const store::Endpoint& endpoint, std::string_view secret,
                                 int status) {
  auto body = endpoint_body(endpoint, call.services, secret);
  if (!body) return std::unexpected(body.error());
  const std::string location = std::string(path) + format_id(endpoint_prefix, endpoint.ulid);
  return seal_answer(call, {status, std::move(*body), status == 201 ? location : ""});
}

/// The endpoint as a PATCH makes it.
asio::awaitable<Result<store::Endpoint>> patched(Call call, json::Value changes) {
  auto endpoint = co_await load_endpoint(call);
  if (!endpoint) co_return endpoint;
  const std::string url = endpoint->url;
  std::vector<Fault> faults;
  read_endpoint(changes, call.services, *endpoint, faults);
  if (faults.empty() && endpoint->url != url) co_await check_address(call, endpoint->url, faults);
  if (!faults.empty()) co_return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  ++endpoint->version;
  endpoint->updated_at = call.services.clock.now();
  co_return endpoint;
}

}  // namespace

asio::awaitable<Result<store::Endpoint>> load_endpoint(Call call) {
  const auto id = endpoint_id(call);
  if (!id) co_return std::unexpected(id.error());
  co_return co_await store::reply<store::Endpoint>(
      [&](auto done) { call.services.webhooks.get(*id, std::move(done)); });
}

asio::awaitable<Reply> post_endpoint(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  auto key = keyed(call);
  if (!key) co_return std::unexpected(key.error());
  const auto document = json_body(call);
  if (!document) co_return std::unexpected(document.error());
  const Time now = call.services.clock.now();
  const std::string secret = webhook::make_secret();
  store::Endpoint endpoint{.ulid = make_ulid(now),
                           .tenant = call.principal.tenant,
                           .sealed_secret = call.services.seal(secret),
                           .created_at = now,
                           .updated_at = now};
  std::vector<Fault> faults;
  read_endpoint(document->root(), call.services, endpoint, faults);
  if (faults.empty()) co_await check_address(call, endpoint.url, faults);
  if (!faults.empty()) co_return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  const auto answer = answer_with(call, endpoint, secret, 201);
  if (!answer) co_return std::unexpected(answer.error());
  auto made = co_await put(call, std::move(endpoint), {std::move(*key), answer->kept});
  if (!made) co_return std::unexpected(made.error());
  co_return answer_of(call, std::move(*made), *answer);
}

asio::awaitable<Reply> list_endpoints(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  const auto query = read_page(*parameters);
  if (!query) co_return std::unexpected(query.error());
  const auto page = co_await store::reply<store::Page<store::Endpoint>>([&](auto done) {
    call.services.webhooks.list(call.principal.tenant, {.after = query->after, .limit = query->limit},
                                std::move(done));
  });
  if (!page) co_return std::unexpected(page.error());
  std::string data;
  json::Writer out(data);
  out.begin_array();
  for (const auto& endpoint : page->rows)
    if (auto written = write(out, endpoint, call.services); !written)
      co_return std::unexpected(written.error());
  out.end_array();
  co_return page_response(call, *parameters, data, page->next);
}

asio::awaitable<Reply> get_endpoint(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto endpoint = co_await load_endpoint(call);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  auto body = endpoint_body(*endpoint, call.services);
  if (!body) co_return std::unexpected(body.error());
  co_return json_response(200, std::move(*body));
}

asio::awaitable<Reply> patch_endpoint(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto document = json_body(call);
  if (!document) co_return std::unexpected(document.error());
  for (int tries = 1;; ++tries) {
    auto endpoint = co_await patched(call, document->root());
    if (!endpoint) co_return std::unexpected(endpoint.error());
    auto body = endpoint_body(*endpoint, call.services);
    if (!body) co_return std::unexpected(body.error());
    const auto changed = co_await put(call, std::move(*endpoint), {});
    if (changed) co_return json_response(200, std::move(*body));
    // Someone else was faster: what this request says is said of what the endpoint is by now.
    if (changed.error().code != Code::conflict || tries == most_tries)
      co_return std::unexpected(changed.error());
  }
}

asio::awaitable<Reply> delete_endpoint(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  const auto id = endpoint_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto removed =
      co_await change<void>(call, [&](auto done) { call.services.webhooks.remove(*id, std::move(done)); });
  if (!removed) co_return std::unexpected(removed.error());
  co_return net::Response{.status = 204, .content_type = ""};
}

asio::awaitable<Reply> rotate_secret(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  auto key = keyed(call);
  if (!key) co_return std::unexpected(key.error());
  auto endpoint = co_await load_endpoint(call);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  const Time now = call.services.clock.now();
  std::erase_if(endpoint->old_secrets, [now](const auto& old) { return old.until <= now; });
  if (endpoint->old_secrets.size() == most_old_secrets)
    co_return fail(Code::conflict, "the secret was rotated " + std::to_string(most_old_secrets) +
                                       " times within 24 hours; each one signs that long");
  endpoint->old_secrets.push_back({endpoint->sealed_secret, now + overlap});
  const std::string secret = webhook::make_secret();
  endpoint->sealed_secret = call.services.seal(secret);
  endpoint->updated_at = now;
  ++endpoint->version;
  const auto answer = answer_with(call, *endpoint, secret, 200);
  if (!answer) co_return std::unexpected(answer.error());
  auto rotated = co_await put(call, std::move(*endpoint), {std::move(*key), answer->kept});
  if (!rotated) co_return std::unexpected(rotated.error());
  co_return answer_of(call, std::move(*rotated), *answer);
}

}  // namespace waypost::api
