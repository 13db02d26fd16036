#include "api/keys.hpp"
#include "api/audit.hpp"

#include <algorithm>

#include "api/problem.hpp"
#include "api/submit.hpp"
#include "waypost/auth/key_request.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

using Keys = std::vector<auth::ApiKey>;

asio::awaitable<Result<Keys>> read_keys(const Call& call) {
  co_return co_await store::reply<Keys>([&](auto done) { call.services.access.keys().all(std::move(done)); });
}

/// What requests are checked against follows the store before the change is answered.
asio::awaitable<Result<void>> refresh(const Call& call) {
  const auto keys = co_await read_keys(call);
  if (!keys) co_return std::unexpected(keys.error());
  call.services.access.keyring().replace(*keys);
  co_return Result<void>{};
}

Result<Ulid> key_id(const Call& call) {
  const auto id = parse_id(auth::id_prefix, call.arguments[0]);
  if (!id) return fail(Code::not_found, "there is no API key " + std::string(call.arguments[0]));
  return *id;
}

}  // namespace

asio::awaitable<Reply> create_key(Call call) {
  if (auto none = no_parameters(call); !none) co_return std::unexpected(none.error());
  auto once = keyed(call);
  if (!once) co_return std::unexpected(once.error());
  const auto body = json_body(call);
  if (!body) co_return std::unexpected(body.error());
  const Time now = call.services.clock.now();
  std::vector<Fault> faults;
  auth::ApiKey key = auth::read_key_request(body->root(), now, faults);
  if (!faults.empty()) co_return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  const std::string token = auth::give_secret(key);
  const auto answer = seal_answer(call, {201, auth::to_json(key, token), "/v1/api-keys/" + key.id()});
  const auto write = [&](auto done) {
    call.services.access.keys().add(key, {std::move(*once), answer.kept}, std::move(done));
  };
  auto added = co_await change<store::Submitted>(call, write, key.id());
  if (!added) co_return std::unexpected(added.error());
  if (auto fresh = co_await refresh(call); !fresh) co_return std::unexpected(fresh.error());
  auto response = answer_of(call, std::move(*added), answer);
  if (response) response->fields.push_back({"Cache-Control", "no-store"});
  co_return response;
}

asio::awaitable<Reply> list_keys(Call call) {
  if (auto none = no_parameters(call); !none) co_return std::unexpected(none.error());
  const auto keys = co_await read_keys(call);
  if (!keys) co_return std::unexpected(keys.error());
  co_return json_response(200, auth::to_json(*keys));
}

asio::awaitable<Reply> get_key(Call call) {
  if (auto none = no_parameters(call); !none) co_return std::unexpected(none.error());
  const auto id = key_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto keys = co_await read_keys(call);
  if (!keys) co_return std::unexpected(keys.error());
  const auto found = std::ranges::find(*keys, *id, &auth::ApiKey::ulid);
  if (found == keys->end())
    co_return fail(Code::not_found, "there is no API key " + std::string(call.arguments[0]));
  co_return json_response(200, auth::to_json(*found));
}

asio::awaitable<Reply> revoke_key(Call call) {
  if (auto none = no_parameters(call); !none) co_return std::unexpected(none.error());
  const auto id = key_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto revoked = co_await change<auth::ApiKey>(call, [&](auto done) {
    call.services.access.keys().revoke(*id, call.services.clock.now(), std::move(done));
  });
  if (!revoked) co_return std::unexpected(revoked.error());
  if (auto fresh = co_await refresh(call); !fresh) co_return std::unexpected(fresh.error());
  co_return net::Response{.status = 204, .content_type = ""};
}

}  // namespace waypost::api
