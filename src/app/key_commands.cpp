#include "app/key_commands.hpp"

#include <fmt/format.h>

#include <future>
#include <iostream>

#include "app/api_client.hpp"
#include "app/failure.hpp"
#include "app/job_view.hpp"
#include "app/operator.hpp"
#include "waypost/auth/key_request.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/base/text.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::app {
namespace {

using auth::ApiKey;

template <class T>
Result<void> without_value(const Result<T>& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

/// The keys of a data directory, through whoever owns it. Each answer is JSON.
class Keys {
 public:
  virtual ~Keys() = default;
  virtual Result<std::string> create(const std::string& request) = 0;
  virtual Result<std::string> list() = 0;
  virtual Result<void> revoke(const std::string& id) = 0;
};

/// Asks the running service.
class ServedKeys final : public Keys {
 public:
  explicit ServedKeys(ApiClient client) : client_(std::move(client)) {}

  Result<std::string> create(const std::string& request) override {
    return send({.method = "POST",
                 .target = "/v1/api-keys",
                 .fields = {{"Content-Type", "application/json"}},
                 .body = request});
  }
  Result<std::string> list() override { return send({.target = "/v1/api-keys"}); }
  Result<void> revoke(const std::string& id) override {
    return without_value(send({.method = "DELETE", .target = "/v1/api-keys/" + text::percent_encode(id)}));
  }

 private:
  Result<std::string> send(const ApiRequest& request) const {
    const auto response = client_.send(request);
    if (!response) return fail(Code::internal, response.error());
    if (response->status >= 300)
      return fail(Code::internal, describe_problem(response->body, response->status));
    return response->body;
  }
  ApiClient client_;
};

/// Opens the store of a service that does not run.
class StoredKeys final : public Keys {
 public:
  StoredKeys(store::DirectoryLock lock, std::unique_ptr<store::Store> store, Clock& clock)
      : lock_(std::move(lock)), store_(std::move(store)), clock_(clock) {
    store_->observe([](std::vector<store::Change>&&) {});
  }

  Result<std::string> create(const std::string& request) override {
    const auto document = json::Document::parse(request);
    if (!document) return std::unexpected(document.error());
    std::vector<Fault> faults;
    ApiKey key = auth::read_key_request(document->root(), clock_.now(), faults);
    if (!faults.empty())
      return fail(Code::validation_failed,
                  faults.front().pointer.value_or("") + ": " + faults.front().detail);
    const std::string token = auth::give_secret(key);
    const auto added = wait<void>([&](auto reply) { store_->keys().add(key, std::move(reply)); });
    if (!added) return std::unexpected(added.error());
    return auth::to_json(key, token);
  }
  Result<std::string> list() override {
    const auto keys = wait<std::vector<ApiKey>>([&](auto reply) { store_->keys().all(std::move(reply)); });
    if (!keys) return std::unexpected(keys.error());
    return auth::to_json(*keys);
  }
  Result<void> revoke(const std::string& id) override {
    const auto ulid = parse_id(auth::id_prefix, id);
    if (!ulid) return fail(Code::not_found, "there is no API key " + id);
    return without_value(
        wait<ApiKey>([&](auto reply) { store_->keys().revoke(*ulid, clock_.now(), std::move(reply)); }));
  }

 private:
  template <class T, class Start>
  Result<T> wait(Start start) {
    std::promise<Result<T>> promise;
    auto answer = promise.get_future();
    start(store::Reply<T>([&](Result<T> result) { promise.set_value(std::move(result)); }));
    return answer.get();
  }

  store::DirectoryLock lock_;
  std::unique_ptr<store::Store> store_;
  Clock& clock_;
};

Result<std::unique_ptr<Keys>> open_keys(const Config& config, Clock& clock) {
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);  // a failure shows when the lock is taken
  auto lock = store::DirectoryLock::take(config.data_dir);
  if (lock) {
    auto store = store::open_sqlite({.file = config.database_path()}, clock);
    if (!store) return std::unexpected(store.error());
    return std::make_unique<StoredKeys>(std::move(*lock), std::move(*store), clock);
  }
  if (lock.error().code != Code::conflict) return std::unexpected(lock.error());
  const auto url = store::DirectoryLock::holder_url(config.data_dir);
  if (!url) return fail(Code::conflict, lock.error().message + "; it does not serve yet: try again");
  const auto token = operator_token(config.secret_key_path());
  if (!token) return std::unexpected(token.error());
  auto client = ApiClient::make(*url, *token, ApiClient::Trust::this_machine);
  if (!client) return fail(Code::internal, client.error());
  return std::make_unique<ServedKeys>(std::move(*client));
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
  const auto keys = open_keys(config, clock);
  if (!keys) return fail_with(keys.error().message);
  const auto made = (*keys)->create(request_of(arguments, expires_at));
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
  const auto keys = open_keys(config, clock);
  if (!keys) return fail_with(keys.error().message);
  const auto listed = (*keys)->list();
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
  const auto keys = open_keys(config, clock);
  if (!keys) return fail_with(keys.error().message);
  if (const auto revoked = (*keys)->revoke(id); !revoked) return fail_with(revoked.error().message);
  if (json)
    std::cout << "{\"id\":\"" << id << "\",\"revoked\":true}\n";
  else
    std::cerr << "revoked " << id << '\n';
  return 0;
}

}  // namespace waypost::app
