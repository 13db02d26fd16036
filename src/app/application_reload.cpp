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

std::map<std::string, engine::QueueSettings, std::less<>> Application::queue_settings(const Config& config) {
  std::map<std::string, engine::QueueSettings, std::less<>> queues;
  for (const auto& [name, queue] : config.queues)
    queues.emplace(name, engine::QueueSettings{.concurrency = queue.concurrency,
                                               .rate_per_second = queue.rate_per_second,
                                               .concurrency_per_key = queue.concurrency_per_key});
  return queues;
}

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

/// All that can fail comes first.
Result<void> Application::take_over(const Config& next) {
  const auto settings = server_settings(next);
  if (!settings) return std::unexpected(settings.error());
  const auto egress = net::EgressPolicy::make(next.egress.allow, next.egress.deny, next.egress.allow_private);
  if (!egress) return std::unexpected(egress.error());

  config_ = next;
  log::configure(config_.log.level, config_.log.format);
  for (auto& io : io_)
    asio::post(io->context(), [&io, settings = *settings] { io->server().reconfigure(settings); });
  request_limits_.max_body_bytes = config_.server.max_body_bytes;
  request_limits_.max_bulk_bytes = config_.server.max_bulk_bytes;
  egress_->replace(*egress);
  engine_->configure_queues(queue_settings(config_));
  deliverer_->reconfigure({.retry_gaps = config_.webhooks.retry,
                           .timeout = config_.webhooks.timeout,
                           .max_in_flight = config_.webhooks.max_in_flight});
  return {};
}

}  // namespace waypost::app
