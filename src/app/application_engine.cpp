#include <random>

#include "app/application.hpp"
#include "waypost/operation/builtin.hpp"
#include "waypost/trace/job_spans.hpp"

/// What runs jobs and tells of them.
namespace waypost::app {

std::map<std::string, engine::QueueSettings, std::less<>> Application::queue_settings(const Config& config) {
  std::map<std::string, engine::QueueSettings, std::less<>> queues;
  for (const auto& [name, queue] : config.queues)
    queues.emplace(name, engine::QueueSettings{.concurrency = queue.concurrency,
                                               .rate_per_second = queue.rate_per_second,
                                               .concurrency_per_key = queue.concurrency_per_key});
  return queues;
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
  if (auto added = add_own_operations(); !added) return added;

  std::vector<operation::IoContext> io;
  for (std::uint32_t i = 0; i < thread_count(config_.server.io_threads); ++i) {
    io_.push_back(std::make_unique<IoThread>(i, *egress_));
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
                                               .tracer = &tracer_});
  store_->webhooks().observe([this](store::WebhookNews&& news) { deliverer_->heed(std::move(news)); });
  metrics_.emplace();
  engine_->add_listener([this](store::Change& change) {
    keeper_->changed(change);
    if (tracer_.is_on())
      for (auto& span : trace::spans_of(change)) tracer_.end(std::move(span));
    if (!change.deliveries.empty()) deliverer_->offer(std::move(change.deliveries));
  });
  return {};
}

}  // namespace waypost::app
