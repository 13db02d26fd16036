#include "app/application.hpp"

#include <malloc.h>

#include <future>
#include <iostream>
#include <random>

#include "app/config_operations.hpp"
#include "app/config_secret.hpp"
#include "app/open_secrets.hpp"
#include "app/operator.hpp"
#include "waypost/app/cli.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/operation/builtin.hpp"
#include "waypost/trace/job_spans.hpp"
#include "waypost/webhook/signature.hpp"
#include "waypost/webhook/signing_key.hpp"

namespace waypost::app {
namespace {

/// How long answers under way may take to be written once their jobs are drained.
constexpr Milliseconds quiet_step{20};
constexpr int quiet_steps = 100;
/// How long the last traces may take.
constexpr Milliseconds last_export{2'000};

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

template <class F>
auto on_thread_of(IoThread& io, F work) {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  asio::post(io.context(), std::move(task));
  return result.get();
}

}  // namespace

void IoThread::start() {
  thread_ = std::thread([this] { context_.run(); });
}

void IoThread::stop() {
  work_.reset();
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

Application::~Application() {
  // The io threads end first: what their coroutines refer to goes after them.
  for (auto& io : io_) io->stop();
  disk_.join();
  // Their threads tell the deliverer and the metrics of changes to the last.
  engine_.reset();
  keeper_.reset();
  store_.reset();
  if (exporter_) exporter_->stop(last_export);
}

Result<void> Application::start() {
  log::configure(config_.log.level, config_.log.format);
  for (auto step : {&Application::open_data, &Application::open_store, &Application::make_tracing,
                    &Application::make_engine, &Application::make_servers})
    if (auto done = (this->*step)(); !done) return done;
  // Building the gazetteer's index took memory that is not needed again.
  malloc_trim(0);
  return {};
}

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

Result<void> Application::open_store() {
  auto store = store::open_sqlite({.file = config_.database_path(),
                                   .full_sync = config_.store.synchronous == Synchronous::full,
                                   .idempotency = config_.retention.idempotency,
                                   .deliveries = config_.retention.jobs,
                                   .audit = config_.retention.audit,
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

Result<void> Application::make_tracing() {
  const auto& tracing = config_.tracing;
  if (!tracing.endpoint) return {};
  auto url = trace::traces_url(*tracing.endpoint);
  if (!url) return std::unexpected(url.error());
  trace::ExporterOptions options{.endpoint = std::move(*url)};
  options.resource = {.service_name = tracing.service_name, .instance = make_ulid(clock_.now()).to_string()};
  for (const auto& [name, value] : tracing.headers) {
    auto opened = open_secret(value);
    if (!opened) return std::unexpected(opened.error());
    options.headers.push_back({name, std::move(*opened)});
  }
  tracer_.emplace(tracing.sample_ratio);
  exporter_.emplace(*tracer_, std::move(options));
  return {};
}

Result<void> Application::make_engine() {
  auto egress =
      net::EgressPolicy::make(config_.egress.allow, config_.egress.deny, config_.egress.allow_private);
  if (!egress) return std::unexpected(egress.error());
  egress_ = std::move(*egress);
  operations_.emplace();
  operations_->add(operation::make_geocode(*catalog_));
  operations_->add(operation::make_reverse(*catalog_));
  operations_->add(operation::make_http(*egress_, clock_));
  operations_->add(operation::make_echo());
  operations_->add(operation::make_sleep());
  if (auto added = add_custom_operations(); !added) return added;

  std::vector<operation::IoContext> io;
  for (std::uint32_t i = 0; i < thread_count(config_.server.io_threads); ++i) {
    io_.push_back(std::make_unique<IoThread>(*egress_));
    io.push_back({io_.back()->context(), io_.back()->client()});
  }
  engine::Options options{.worker_threads = thread_count(config_.workers.threads),
                          .queues = queue_settings(config_),
                          .manifests = config_.data_dir / "manifests",
                          .reports = config_.data_dir / "reports",
                          .max_manifest_bytes = config_.server.max_manifest_bytes};
  engine_.emplace(*store_, store_->queues(), *operations_, clock_, std::move(io), std::move(options));
  keeper_.emplace(*store_, store_->manifests(), clock_, main_, disk_, config_.data_dir / "manifests");
  if (auto kept = keeper_->start(); !kept) return kept;
  IoThread& last = *io_.back();
  deliverer_.emplace(last.context(), last.client(), *store_, store_->webhooks(), clock_,
                     webhook::DelivererOptions{.retry_gaps = config_.webhooks.retry,
                                               .timeout = config_.webhooks.timeout,
                                               .max_in_flight = config_.webhooks.max_in_flight,
                                               .service_secret = signing_secret_,
                                               .secret_box = &secrets_->box(),
                                               .seed = std::random_device{}(),
                                               .tracer = tracer()});
  store_->webhooks().observe([this](store::WebhookNews&& news) { deliverer_->heed(std::move(news)); });
  metrics_.emplace();
  engine_->add_listener([this](store::Change& change) {
    keeper_->changed(change);
    if (tracer_)
      for (auto& span : trace::spans_of(change)) tracer_->end(std::move(span));
    if (!change.deliveries.empty()) deliverer_->offer(std::move(change.deliveries));
  });
  return {};
}

operation::Registry::Pointer Application::make_custom(operation::CustomOperation custom) {
  const auto sign = [secret = webhook::parse_secret(signing_secret_)](
                        std::string_view id, std::int64_t timestamp, std::string_view body) {
    return webhook::sign(*secret, id, timestamp, body);
  };
  return operation::make_custom(std::move(custom), *egress_, clock_, sign);
}

/// Those of the configuration, and those that were defined while running.
Result<void> Application::add_custom_operations() {
  for (const auto& [type, config] : config_.operations) {
    std::vector<OperationFault> faults;
    auto custom = read_operation(type, config, *egress_, faults);
    const std::string name = "operations.\"" + type + "\"";
    if (!custom) return fail(Code::validation_failed, name + ": " + faults.front().message);
    if (operations_->find(type) != nullptr)
      return fail(Code::conflict, name + ": an operation of this type is built in; choose another name");
    operations_->add(make_custom(std::move(*custom)));
  }
  std::promise<Result<std::vector<store::StoredOperation>>> promise;
  store_->operations().all([&promise](auto stored) { promise.set_value(std::move(stored)); });
  const auto stored = promise.get_future().get();
  if (!stored) return std::unexpected(stored.error());
  for (const auto& operation : *stored)
    if (auto added = restore_operation(operation); !added) return added;
  return {};
}

Result<void> Application::restore_operation(const store::StoredOperation& stored) {
  if (operations_->find(stored.type) != nullptr) {
    log::warn("an operation that was defined while running gives way to that of the configuration",
              {{"type", stored.type}});
    return {};
  }
  const auto definition = secrets_->box().unseal(stored.sealed_definition);
  if (!definition) return std::unexpected(definition.error());
  const auto document = json::Document::parse(*definition);
  if (!document) return std::unexpected(document.error());
  std::vector<Fault> faults;
  auto custom = operation::read_definition(stored.type, document->root(), *egress_, faults);
  if (custom) {
    operations_->put(make_custom(std::move(*custom)));
    return {};
  }
  // Settings that forbid it now must not keep the service from starting.
  log::error("an operation that was defined while running is left out",
             {{"type", stored.type}, {"fault", faults.front().detail}});
  return {};
}

api::Services Application::services() {
  return {.engine = *engine_,
          .store = *store_,
          .stored_manifests = store_->manifests(),
          .keeper = *keeper_,
          .histories = store_->histories(),
          .bulk = store_->bulk(),
          .webhooks = store_->webhooks(),
          .operations = *operations_,
          .stored_operations = store_->operations(),
          .audit = store_->audit(),
          .secret_keeper = *secrets_,
          .stored_secrets = store_->secrets(),
          .catalog = *catalog_,
          .egress = *egress_,
          .clock = clock_,
          .access = *access_,
          .metrics = *metrics_,
          .disk = disk_,
          .manifests = config_.data_dir / "manifests",
          .limits = request_limits_,
          .max_manifest_bytes = config_.server.max_manifest_bytes,
          .retain = config_.retention.jobs,
          .access_log = config_.log.access,
          .tracer = tracer(),
          .seal = [this](std::string_view secret) { return secrets_->box().seal(secret); },
          .unseal = [this](std::string_view sealed) { return secrets_->box().unseal(sealed); },
          .make_custom = [this](operation::CustomOperation custom) { return make_custom(std::move(custom)); },
          .add_figures = [this](api::MetricsSnapshot& snapshot) { add_figures(snapshot); }};
}

void Application::add_figures(api::MetricsSnapshot& snapshot) const {
  snapshot.webhooks = deliverer_->figures();
  if (tracer_) snapshot.traces = tracer_->figures();
  auto& connections = snapshot.connections;
  connections.open = connections_->total();
  connections.cuts = connections_->cuts();
  for (const auto& io : io_) connections.requests_in_flight += io->server().in_flight();
}

Result<net::ServerSettings> Application::server_settings(const Config& config) const {
  const auto& server = config.server;
  net::ServerSettings settings{.limits = {.max_connections = server.max_connections,
                                          .max_connections_per_address = server.max_connections_per_address,
                                          .max_uri_bytes = server.max_uri_bytes,
                                          .max_header_bytes = server.max_header_bytes,
                                          .header_timeout = server.header_timeout,
                                          .body_timeout = server.body_timeout,
                                          .idle_timeout = server.idle_timeout,
                                          .min_bytes_per_second = server.min_bytes_per_second,
                                          .min_rate_window = server.min_rate_window},
                               .hsts = config.tls.hsts};
  auto proxies = net::TrustedProxies::make(server.trusted_proxies);
  if (!proxies) return std::unexpected(proxies.error());
  settings.proxies = std::move(*proxies);
  const auto files = config.tls_files();
  if (!files) return settings;
  auto tls = net::TlsContext::load(*files);
  if (!tls) return std::unexpected(tls.error());
  settings.tls = std::move(*tls);
  if (const auto complaint = settings.tls->complaint(clock_.now()))
    log::warn("clients will not trust this server",
              {{"file", files->certificate.string()}, {"why", *complaint}});
  return settings;
}

Result<void> Application::make_servers() {
  service_.emplace(services());
  request_limits_.max_body_bytes = config_.server.max_body_bytes;
  request_limits_.max_bulk_bytes = config_.server.max_bulk_bytes;
  const auto settings = server_settings(config_);
  if (!settings) return std::unexpected(settings.error());
  const auto& server = config_.server;
  if (auto free = net::Server::check_port_free(main_, server.listen.address, server.listen.port); !free)
    return free;
  std::uint16_t port = server.listen.port;
  for (auto& io : io_) {
    auto listening = net::Server::listen(io->context(), disk_, server.listen.address, port, *settings,
                                         *service_, connections_);
    if (!listening) return std::unexpected(listening.error());
    io->take(std::move(*listening));
    port = io->server().port();
  }
  if (auto started = engine_->start(); !started) return started;
  for (auto& io : io_) {
    io->server().start();
    io->start();
  }
  deliverer_->start();
  address_ = {server.listen.address, port};
  log::info("serving", {{"address", address_.to_string()},
                        {"version", version()},
                        {"data", config_.data_dir.string()},
                        {"io_threads", io_.size()},
                        {"workers", thread_count(config_.workers.threads)}});
  if (config_.auth.mode == AuthMode::automatic && keyring_.empty())
    log::info("no API keys: serving loopback only", {{"auth", "auto"}});
  if (auto told = lock_->announce(url()); !told) return told;
  // Before anyone is told that it serves: a signal that comes at once is then heard, and drains.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal);
  std::cout << "listening on " << url() << std::endl;
  notifier_.ready(status());
  return {};
}

std::string Application::status() const {
  return "serving " + url();
}

std::string Application::url() const {
  return std::string(config_.scheme()) + "://" + address_.to_string();
}

int Application::run() {
  await_signal();
  keep_watchdog_quiet();
  auto work = asio::make_work_guard(main_);
  quiet_alarm_ = clock_.make_alarm(main_, [this] { finish_when_quiet(); });
  main_.run();
  log::info("stopped", {{"status", exit_status_}});
  return exit_status_;
}

void Application::stop() {
  asio::post(main_, [this] { shut_down("asked to"); });
}

void Application::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      if (!shutting_down_) reload();
      return await_signal();
    }
    if (shutting_down_) {
      log::warn("a second signal: ending at once", {{"signal", signal}});
      log::flush();
      std::_Exit(128 + signal);
    }
    shut_down(signal == SIGTERM ? "SIGTERM" : "SIGINT");
    await_signal();
  });
}

/// Speaks from the thread that waits for signals: a process that cannot get to them is hung.
void Application::keep_watchdog_quiet() {
  const auto every = Notifier::watchdog();
  if (!every) return;
  notifier_.alive();
  watchdog_.expires_after(*every);
  watchdog_.async_wait([this](const boost::system::error_code& error) {
    if (!error) keep_watchdog_quiet();
  });
}

/// Stops accepting, lets running work end or hands it back, and then the answers under way be written.
void Application::shut_down(std::string_view why) {
  if (std::exchange(shutting_down_, true)) return;
  notifier_.stopping();
  log::info("draining", {{"why", why}, {"seconds", config_.server.shutdown.count()}});
  for (auto& io : io_) asio::post(io->context(), [&io] { io->server().drain(); });
  const auto drained = [this] {
    asio::post(main_, [this] {
      if (--still_draining_ == 0) finish_when_quiet();
    });
  };
  still_draining_ = 2;
  engine_->drain(config_.server.shutdown, drained);
  deliverer_->stop(config_.server.shutdown, drained);
}

void Application::finish_when_quiet() {
  std::size_t in_flight = 0;
  for (auto& io : io_) in_flight += on_thread_of(*io, [&io] { return io->server().in_flight(); });
  if (in_flight > 0 && ++quiet_looks_ < quiet_steps) return quiet_alarm_->set(clock_.now() + quiet_step);
  for (auto& io : io_) on_thread_of(*io, [&io] { io->server().close(); });
  main_.stop();
}

}  // namespace waypost::app
