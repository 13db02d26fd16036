#include "app/secret_commands.hpp"

#include <fmt/format.h>

#include <iostream>

#include "app/data_owner.hpp"
#include "app/failure.hpp"
#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"
#include "waypost/store/secret_walk.hpp"

namespace waypost::app {
namespace {

constexpr std::string_view path = "/v1/secret-keys";
/// A walk over millions of jobs answers when it is through.
constexpr std::chrono::seconds patience{3600};

struct KeyUse {
  std::string id;
  bool in_use = false;
  std::int64_t secrets = 0;
};

/// The number or flag that stands at `name` of an answer.
std::int64_t number_at(json::Value object, std::string_view name) {
  const auto value = object.find(name);
  return value ? value->integer().value_or(0) : 0;
}

// ---- through the service that runs

ApiRequest request(std::string method, std::string target) {
  return {.method = std::move(method), .target = std::move(target), .fields = {}, .timeout = patience};
}

Result<std::vector<KeyUse>> list(RunningService& service) {
  const auto body = service.send(request("GET", std::string(path)));
  if (!body) return std::unexpected(body.error());
  const auto document = json::Document::parse(*body);
  const auto rows = document ? document->root().find("data") : std::nullopt;
  if (!rows) return fail(Code::internal, "the server's answer is not a list");
  std::vector<KeyUse> keys;
  for (const auto row : rows->children())
    keys.push_back(
        {std::string(row.find("id")->string()), row.find("in_use")->boolean(), number_at(row, "secrets")});
  return keys;
}

Result<void> add(RunningService& service, Clock&) {
  const auto added = service.send(request("POST", std::string(path)));
  if (!added) return std::unexpected(added.error());
  return {};
}

Result<std::int64_t> reseal(RunningService& service, Clock&) {
  const auto body = service.send(request("POST", std::string(path) + "/reseal"));
  if (!body) return std::unexpected(body.error());
  const auto document = json::Document::parse(*body);
  if (!document) return std::unexpected(document.error());
  return number_at(document->root(), "changed");
}

Result<void> drop(RunningService& service, const std::string& id, Clock&) {
  const auto dropped = service.send(request("DELETE", std::string(path) + "/" + text::percent_encode(id)));
  if (!dropped) return std::unexpected(dropped.error());
  return {};
}

// ---- with the data of a service that does not run

/// `note` goes with the first step.
Result<std::int64_t> walk(OpenedData& data, const store::SecretStore::Reseal& reseal,
                          store::Note note = nullptr) {
  std::int64_t changed = 0;
  std::optional<store::SecretStore::Place> at = store::SecretStore::Place{};
  while (at) {
    auto start = [&](auto reply) {
      data.store().secrets().reseal(std::move(*at), store::secret_step, reseal, std::move(reply));
    };
    auto step = data.wait<store::SecretStore::Step>(start, std::exchange(note, nullptr));
    if (!step) return std::unexpected(step.error());
    changed += static_cast<std::int64_t>(step->changed);
    at = std::move(step->next);
  }
  return changed;
}

Result<std::vector<KeyUse>> list(OpenedData& data) {
  store::SecretCounts counts;
  const auto walked = walk(data, store::count_with(data.secrets().box(), counts));
  if (!walked) return std::unexpected(walked.error());
  std::vector<KeyUse> keys;
  for (const Key& key : data.secrets().keys().keys) {
    const std::string id = key_id(key);
    keys.push_back({id, keys.empty(), counts[id]});
  }
  return keys;
}

Result<void> add(OpenedData& data, Clock& clock) {
  const auto id = data.secrets().add();
  if (!id) return std::unexpected(id.error());
  return data.record(OpenedData::note(clock, "secret_key.add", *id));
}

Result<std::int64_t> reseal(OpenedData& data, Clock& clock) {
  return walk(data, store::reseal_with(data.secrets().box()),
              OpenedData::note(clock, "secret_key.reseal", ""));
}

Result<void> drop(OpenedData& data, const std::string& id, Clock& clock) {
  const auto keys = list(data);
  if (!keys) return std::unexpected(keys.error());
  for (const KeyUse& key : *keys)
    if (key.id == id && key.secrets > 0)
      return fail(Code::conflict, std::to_string(key.secrets) + " secrets are sealed under " + id +
                                      "; 'waypost secrets reseal' puts them under the newest key");
  if (auto dropped = data.secrets().drop(id); !dropped) return dropped;
  return data.record(OpenedData::note(clock, "secret_key.drop", id));
}

// ---- what is said of it

int show(const std::vector<KeyUse>& keys, bool as_json) {
  if (!as_json) {
    std::cout << fmt::format("{:<16} {:<7} {}\n", "ID", "STATE", "SECRETS");
    for (const KeyUse& key : keys)
      std::cout << fmt::format("{:<16} {:<7} {}\n", key.id, key.in_use ? "in use" : "old", key.secrets);
    return 0;
  }
  std::string text;
  json::Writer out(text);
  out.begin_object().key("data").begin_array();
  for (const KeyUse& key : keys)
    out.begin_object()
        .field("id", key.id)
        .field("in_use", key.in_use)
        .field("secrets", key.secrets)
        .end_object();
  out.end_array().end_object();
  std::cout << text << '\n';
  return 0;
}

/// The keys as they are now, and what is to be done with the old ones.
int report(const std::vector<KeyUse>& keys, std::int64_t changed, bool json) {
  std::cerr << "put " << changed << (changed == 1 ? " secret" : " secrets") << " under the newest key\n";
  for (const KeyUse& key : keys)
    if (!key.in_use && key.secrets == 0)
      std::cerr << "nothing is under " << key.id
                << " any more; once no backup needs it: waypost secrets drop " << key.id << '\n';
    else if (!key.in_use)
      std::cerr << key.secrets << " secrets are still under " << key.id
                << ", written meanwhile: waypost secrets reseal\n";
  return show(keys, json);
}

int reseal_and_report(DataOwner& owner, Clock& clock, bool json) {
  return std::visit(
      [&](auto& data) {
        const auto changed = reseal(data, clock);
        if (!changed) return fail_with(changed.error().message);
        const auto keys = list(data);
        return keys ? report(*keys, *changed, json) : fail_with(keys.error().message);
      },
      owner);
}

}  // namespace

int list_secret_keys(const Config& config, bool json) {
  SystemClock clock;
  auto owner = find_owner(config, clock);
  if (!owner) return fail_with(owner.error().message);
  const auto keys = std::visit([](auto& data) { return list(data); }, *owner);
  return keys ? show(*keys, json) : fail_with(keys.error().message);
}

int rotate_secrets(const Config& config, bool json) {
  SystemClock clock;
  auto owner = find_owner(config, clock);
  if (!owner) return fail_with(owner.error().message);
  const auto added = std::visit([&](auto& data) { return add(data, clock); }, *owner);
  return added ? reseal_and_report(*owner, clock, json) : fail_with(added.error().message);
}

int reseal_secrets(const Config& config, bool json) {
  SystemClock clock;
  auto owner = find_owner(config, clock);
  return owner ? reseal_and_report(*owner, clock, json) : fail_with(owner.error().message);
}

int drop_secret_key(const Config& config, const std::string& id, bool json) {
  SystemClock clock;
  auto owner = find_owner(config, clock);
  if (!owner) return fail_with(owner.error().message);
  const auto dropped = std::visit([&](auto& data) { return drop(data, id, clock); }, *owner);
  if (!dropped) return fail_with(dropped.error().message);
  if (json)
    std::cout << "{\"id\":\"" << id << "\",\"dropped\":true}\n";
  else
    std::cerr << "dropped " << id << '\n';
  return 0;
}

}  // namespace waypost::app
