#include <future>

#include "app/application.hpp"
#include "app/open_secrets.hpp"
#include "app/operator.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/webhook/signing_key.hpp"

/// What lies in the data directory: its lock, the secrets, the gazetteer, the store, and who may come in by
/// its keys.
namespace waypost::app {
namespace {

/// For how long a request may hold what it has sealed before it is stored: names are looked up meanwhile.
constexpr Seconds under_way{30};

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return {};
  return fail(Code::internal, "cannot make the directory " + path.string() + ": " + error.message() +
                                  "; choose another data directory with --data-dir or mend its permissions");
}

api::AccessOptions::Mode access_mode(AuthMode mode) {
  switch (mode) {
    case AuthMode::automatic:
      return api::AccessOptions::Mode::automatic;
    case AuthMode::keys:
      return api::AccessOptions::Mode::keys;
    case AuthMode::none:
      break;
  }
  return api::AccessOptions::Mode::none;
}

}  // namespace

Result<void> Application::open_data() {
  for (const auto& path : {config_.data_dir, config_.data_dir / "manifests", config_.data_dir / "reports"})
    if (auto made = make_directory(path); !made) return made;
  auto lock = store::DirectoryLock::take(config_.data_dir);
  if (!lock) return std::unexpected(lock.error());
  lock_ = std::move(*lock);
  if (auto swept = batch::Manifest::remove_unfinished(config_.data_dir / "manifests"); !swept) return swept;
  auto secrets = open_secrets(config_, under_way);
  if (!secrets) return std::unexpected(secrets.error());
  secrets_ = std::move(*secrets);
  signing_secret_ = webhook::service_secret(secrets_->keys());
  catalog_.emplace(config_.data_dir);
  if (auto watching = catalog_->watch(); !watching) return watching;
  return catalog_->prepare();
}

store::Retention Application::retention(const Config& config) {
  return {.idempotency = config.retention.idempotency,
          .deliveries = config.retention.jobs,
          .audit = config.retention.audit};
}

Result<void> Application::open_store() {
  auto store = store::open_sqlite({.file = config_.database_path(),
                                   .full_sync = config_.store.synchronous == Synchronous::full,
                                   .retention = retention(config_),
                                   .on_failure =
                                       [this](const std::string&) {
                                         asio::post(main_, [this] {
                                           exit_status_ = 1;
                                           shut_down("the store failed");
                                         });
                                       }},
                                  clock_);
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  return open_access();
}

Result<void> Application::open_access() {
  std::promise<Result<std::vector<auth::ApiKey>>> read;
  store_->keys().all([&](auto keys) { read.set_value(std::move(keys)); });
  const auto keys = read.get_future().get();
  if (!keys) return std::unexpected(keys.error());
  keyring_.replace(*keys);
  access_.emplace(
      api::AccessOptions{
          .mode = access_mode(config_.auth.mode),
          .is_operator = [this](std::string_view token) { return is_operator_token(token, *secrets_); }},
      keyring_, store_->keys(), clock_);
  return check_exposure();
}

/// Who serves others than this machine says how, in words: with keys and TLS, or without.
Result<void> Application::check_exposure() const {
  const auto& listen = config_.server.listen;
  if (listen.is_loopback() || config_.auth.mode == AuthMode::none) return {};
  if (config_.auth.mode == AuthMode::automatic && keyring_.empty())
    return fail(Code::forbidden,
                "no API key exists, so " + listen.to_string() +
                    " would serve everybody who reaches it: make a key first (waypost key create), listen on "
                    "127.0.0.1 or [::1], or say auth.mode = \"none\" to allow that in words");
  if (config_.tls.certificate || config_.server.allow_insecure_http) return {};
  return fail(
      Code::forbidden,
      listen.to_string() +
          " would be reached without TLS, and API keys be read on the way: set server.tls.certificate "
          "and server.tls.key, or say server.allow_insecure_http = true where a proxy in front speaks "
          "TLS or the network is trusted");
}

}  // namespace waypost::app
