#include "app/application.hpp"
#include "app/config_reload.hpp"
#include "app/operator.hpp"

/// SIGHUP: the configuration and the files it names are read anew, and taken over whole or not at all.
namespace waypost::app {
namespace {

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

void Application::reload() {
  notifier_.reloading();
  const std::vector<std::string> faults = read_anew();
  for (const std::string& fault : faults) log::error("the configuration stays as it was", {{"fault", fault}});
  store_->audit().record(
      audit_entry(clock_.now(), "configuration.reload", {}, faults.empty() ? "done" : "validation_failed"),
      [](const Result<void>& noted) {
        if (!noted) log::warn("the reload is not in the audit trail", {{"error", noted.error().message}});
      });
  notifier_.ready(status());
}

/// What is wrong with the new configuration; nothing when it was taken over.
std::vector<std::string> Application::read_anew() {
  const auto loaded = reread_();
  if (!loaded) return loaded.error();
  const Reload next = app::reload(config_, loaded->config);
  if (const auto taken = take_over(next.config); !taken) return {taken.error().message};
  log::info("the configuration was read anew", {{"changed", join(next.changed)}});
  if (!next.needs_restart.empty())
    log::warn("what else was changed needs a restart", {{"keys", join(next.needs_restart)}});
  return {};
}

/// All that can fail comes first. What runs keeps the operation that it began with.
Result<void> Application::take_over(const Config& next) {
  const auto settings = server_settings(next);
  if (!settings) return std::unexpected(settings.error());
  const auto egress = net::EgressPolicy::make(next.egress.allow, next.egress.deny, next.egress.allow_private);
  if (!egress) return std::unexpected(egress.error());
  auto operations = read_operations(next, *egress);
  if (!operations) return std::unexpected(operations.error());
  auto collector = read_collector(next);
  if (!collector) return std::unexpected(collector.error());

  config_ = next;
  log::configure(config_.log.level, config_.log.format);
  for (auto& io : io_)
    asio::post(io->context(), [&io, settings = *settings] { io->server().reconfigure(settings); });
  set_live();
  egress_->replace(*egress);
  operations_->configure(std::move(*operations));
  trace_to(std::move(*collector));
  keep_for(retention(config_));
  engine_->set_max_manifest_bytes(config_.server.max_manifest_bytes);
  engine_->configure_queues(queue_settings(config_));
  deliverer_->reconfigure({.retry_gaps = config_.webhooks.retry,
                           .timeout = config_.webhooks.timeout,
                           .max_in_flight = config_.webhooks.max_in_flight});
  return {};
}

/// What is too old by the new measure goes at once.
void Application::keep_for(store::Retention retention) {
  store_->keep_for(retention, [this](const Result<void>& kept) {
    if (!kept)
      log::error("the new retention is not in force; reload again", {{"error", kept.error().message}});
    asio::post(main_, [this] { engine_->look_at_time(); });
  });
}

}  // namespace waypost::app
