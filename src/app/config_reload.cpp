#include "app/config_reload.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "app/config_keys.hpp"

namespace waypost::app {
namespace {

constexpr auto reloadable = std::to_array<std::string_view>({
    "server.max_connections",
    "server.max_connections_per_address",
    "server.max_body_bytes",
    "server.max_bulk_bytes",
    "server.max_manifest_bytes",
    "server.max_uri_bytes",
    "server.max_header_bytes",
    "server.header_timeout_seconds",
    "server.body_timeout_seconds",
    "server.idle_timeout_seconds",
    "server.shutdown_seconds",
    "server.min_bytes_per_second",
    "server.min_rate_window_seconds",
    "server.trusted_proxies",
    "server.tls.certificate",
    "server.tls.key",
    "server.tls.client_auth",
    "server.tls.client_ca",
    "server.tls.hsts_seconds",
    "queues.NAME.concurrency",
    "queues.NAME.concurrency_per_key",
    "queues.NAME.rate_per_second",
    "operations.TYPE.kind",
    "operations.TYPE.url",
    "operations.TYPE.method",
    "operations.TYPE.headers",
    "operations.TYPE.schema",
    "operations.TYPE.timeout_seconds",
    "operations.TYPE.max_attempts",
    "operations.TYPE.concurrency",
    "operations.TYPE.description",
    "webhooks.retry_seconds",
    "webhooks.timeout_seconds",
    "webhooks.max_in_flight",
    "egress.allow",
    "egress.deny",
    "egress.allow_private",
    "retention.jobs_seconds",
    "retention.idempotency_seconds",
    "retention.audit_seconds",
    "log.level",
    "log.format",
    "log.access",
    "tracing.endpoint",
    "tracing.sample_ratio",
    "tracing.headers",
    "tracing.service_name",
});

bool is_reloadable(const Key& key) {
  return std::ranges::count(reloadable, std::string_view(key.name)) > 0;
}

}  // namespace

std::span<const std::string_view> reloadable_keys() {
  return reloadable;
}

Reload reload(const Config& running, const Config& loaded) {
  Reload result{.config = running};
  for (const Key& key : config_keys()) {
    if (!key.supported) continue;
    std::set<std::string> segments;
    for (const Config* config : {&running, &loaded})
      for (auto& segment : names_of(*config, key)) segments.insert(std::move(segment));
    for (const std::string& segment : segments) {
      if (key.show(running, segment) == key.show(loaded, segment)) continue;
      if (is_reloadable(key)) key.copy(result.config, loaded, segment);
      (is_reloadable(key) ? result.changed : result.needs_restart).push_back(name_of(key, segment));
    }
  }
  // What the new configuration does not name is gone, not merely empty.
  result.config.operations = loaded.operations;
  // HTTP does not become HTTPS while it is served, nor the other way round.
  if (running.tls.certificate.has_value() != loaded.tls.certificate.has_value()) {
    const auto is_tls = [](const std::string& name) { return name.starts_with("server.tls."); };
    std::ranges::copy_if(result.changed, std::back_inserter(result.needs_restart), is_tls);
    std::erase_if(result.changed, is_tls);
    result.config.tls = running.tls;
  }
  return result;
}

}  // namespace waypost::app
