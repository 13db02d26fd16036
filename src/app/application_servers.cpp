#include <iostream>

#include "app/application.hpp"
#include "waypost/app/cli.hpp"

/// What serves: the routes, and the servers that listen.
namespace waypost::app {

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
          .settings = live_,
          .tracer = tracer_,
          .seal = [this](std::string_view secret) { return secrets_->box().seal(secret); },
          .unseal = [this](std::string_view sealed) { return secrets_->box().unseal(sealed); },
          .make_custom = [this](operation::CustomOperation custom) { return make_custom(std::move(custom)); },
          .webhook_tally = [this](Tenant tenant) { return deliverer_->tally(tenant); },
          .add_figures = [this](api::MetricsSnapshot& snapshot) { add_figures(snapshot); }};
}

void Application::add_figures(api::MetricsSnapshot& snapshot) const {
  snapshot.webhooks = deliverer_->figures();
  snapshot.traces = tracer_.figures();
  auto& connections = snapshot.connections;
  connections.open = connections_->total();
  connections.cuts = connections_->cuts();
  for (const auto& io : io_) connections.requests_in_flight += io->server().in_flight();
}

/// What routes look at with each request.
void Application::set_live() {
  live_.max_body_bytes = config_.server.max_body_bytes;
  live_.max_bulk_bytes = config_.server.max_bulk_bytes;
  live_.max_manifest_bytes = config_.server.max_manifest_bytes;
  live_.retain = config_.retention.jobs;
  live_.access_log = config_.log.access;
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
  set_live();
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

}  // namespace waypost::app
