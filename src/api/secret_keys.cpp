#include "api/secret_keys.hpp"
#include "api/audit.hpp"

#include "waypost/net/offload.hpp"
#include "waypost/store/await.hpp"
#include "waypost/store/secret_walk.hpp"

namespace waypost::api {
namespace {

using Step = store::SecretStore::Step;

/// Walks over every sealed secret, step by step; how many were changed. `does_it`: that is what the call asks
/// for.
asio::awaitable<Result<std::int64_t>> walk(Call call, store::SecretStore::Reseal reseal, bool does_it) {
  const Services& services = call.services;
  std::int64_t changed = 0;
  std::optional<store::SecretStore::Place> at = store::SecretStore::Place{};
  while (at) {
    if (services.engine.draining()) co_return std::unexpected(engine::draining_error());
    auto work = [&](auto done) {
      services.stored_secrets.reseal(std::move(*at), store::secret_step, reseal, std::move(done));
    };
    auto written = does_it ? change_in_steps<Step>(call, work) : store::reply<Step>(work);
    auto step = co_await std::move(written);
    if (!step) co_return std::unexpected(step.error());
    changed += static_cast<std::int64_t>(step->changed);
    at = std::move(step->next);
  }
  co_return changed;
}

/// What the writer's thread counts: owned by the walk, which may be given up while a step is under way.
asio::awaitable<Result<store::SecretCounts>> count_secrets(Call call) {
  const Services& services = call.services;
  const auto counts = std::make_shared<store::SecretCounts>();
  auto count = [counts, &services](std::string_view sealed) {
    return store::count_with(services.secret_keeper.box(), *counts)(sealed);
  };
  const auto walked = co_await walk(call, std::move(count), false);
  if (!walked) co_return std::unexpected(walked.error());
  co_return *counts;
}

std::string key_body(const std::string& id, bool in_use, std::int64_t secrets) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .field("id", id)
      .field("in_use", in_use)
      .field("secrets", secrets)
      .end_object();
  return body;
}

}  // namespace

asio::awaitable<Reply> list_secret_keys(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto counts = co_await count_secrets(call);
  if (!counts) co_return std::unexpected(counts.error());
  const MasterKeys master = call.services.secret_keeper.keys();
  std::string body;
  json::Writer out(body);
  out.begin_object().key("data").begin_array();
  for (const Key& key : master.keys) {
    const std::string id = key_id(key);
    const auto count = counts->find(id);
    out.raw(key_body(id, &key == &master.keys.front(), count == counts->end() ? 0 : count->second));
  }
  out.end_array().key("next_cursor").null().end_object();
  co_return json_response(200, std::move(body));
}

asio::awaitable<Reply> add_secret_key(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  auto add = [&] { return call.services.secret_keeper.add(); };
  const auto id = co_await net::offload(call.services.disk, add);
  if (!id) co_return std::unexpected(id.error());
  net::Response response = json_response(201, key_body(*id, true, 0));
  response.fields.push_back({"Location", "/v1/secret-keys/" + *id});
  co_return response;
}

asio::awaitable<Reply> reseal_secrets(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  const auto changed = co_await walk(call, store::reseal_with(call.services.secret_keeper.box()), true);
  if (!changed) co_return std::unexpected(changed.error());
  co_return json_response(200, "{\"changed\":" + std::to_string(*changed) + "}");
}

asio::awaitable<Reply> drop_secret_key(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const std::string id(call.arguments[0]);
  const auto counts = co_await count_secrets(call);
  if (!counts) co_return std::unexpected(counts.error());
  if (const auto used = counts->find(id); used != counts->end())
    co_return fail(Code::conflict, std::to_string(used->second) + " secrets are sealed under " + id +
                                       "; 'waypost secrets reseal' puts them under the newest key");
  auto drop = [&] { return call.services.secret_keeper.drop(id); };
  const auto dropped = co_await net::offload(call.services.disk, drop);
  if (!dropped) co_return std::unexpected(dropped.error());
  co_return net::Response{.status = 204, .content_type = ""};
}

}  // namespace waypost::api
