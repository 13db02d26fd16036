#include "app/application.hpp"
#include "app/config_secret.hpp"

/// Traces, when there is a collector for them.
namespace waypost::app {
namespace {

/// The collector that the configuration names; its secrets are read from where they say.
Result<std::optional<trace::Collector>> collector_of(const Config::Tracing& tracing,
                                                     const std::string& instance) {
  auto url = trace::traces_url(*tracing.endpoint);
  if (!url) return std::unexpected(url.error());
  trace::Collector collector{.endpoint = std::move(*url),
                             .headers = {},
                             .resource = {.service_name = tracing.service_name, .instance = instance}};
  for (const auto& [name, value] : tracing.headers) {
    auto opened = open_secret(value);
    if (!opened) return std::unexpected(opened.error());
    collector.headers.push_back({name, std::move(*opened)});
  }
  return collector;
}

}  // namespace

Result<std::optional<trace::Collector>> Application::read_collector(const Config& config) const {
  if (!config.tracing.endpoint) return std::nullopt;
  return collector_of(config.tracing, instance_);
}

/// What is on its way when tracing is turned off goes where it was going.
void Application::trace_to(std::optional<trace::Collector> collector) {
  tracer_.configure(collector ? std::optional(config_.tracing.sample_ratio) : std::nullopt);
  if (!collector) return;
  if (exporter_)
    exporter_->reconfigure(std::move(*collector));
  else
    exporter_.emplace(tracer_, trace::ExporterOptions{.collector = std::move(*collector)});
}

Result<void> Application::make_tracing() {
  auto collector = read_collector(config_);
  if (!collector) return std::unexpected(collector.error());
  trace_to(std::move(*collector));
  return {};
}

}  // namespace waypost::app
