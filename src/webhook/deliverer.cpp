#include "waypost/webhook/deliverer.hpp"

#include "webhook/deliverer_impl.hpp"

namespace waypost::webhook {

Deliverer::Deliverer(asio::io_context& context, net::Client& client, store::JobStore& store,
                     store::WebhookStore& endpoints, Clock& clock, DelivererOptions options)
    : impl_(std::make_unique<Impl>(context, client, store, endpoints, clock, std::move(options))) {}
Deliverer::~Deliverer() = default;

void Deliverer::start() {
  impl_->start();
}
void Deliverer::heed(store::WebhookNews news) {
  impl_->heed(std::move(news));
}
void Deliverer::offer(std::vector<store::Delivery> deliveries) {
  if (!deliveries.empty()) impl_->offer(std::move(deliveries));
}
void Deliverer::reconfigure(DelivererPace pace) {
  impl_->reconfigure(std::move(pace));
}
void Deliverer::stop(Milliseconds limit, std::function<void()> done) {
  impl_->stop(limit, std::move(done));
}
Tally Deliverer::tally(Tenant tenant) const {
  return impl_->tally(tenant);
}

DelivererFigures Deliverer::figures() const {
  return impl_->figures();
}

}  // namespace waypost::webhook
