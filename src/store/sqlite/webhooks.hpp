#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/webhook_store.hpp"

namespace waypost::store::sqlite {

class Webhooks final : public WebhookStore {
 public:
  explicit Webhooks(Access& access) : access_(access) {}
  void observe(Observer observer) override;
  void put(Endpoint endpoint, Keyed keyed, Reply<Submitted> reply) override;
  void remove(OwnedId id, Reply<void> reply) override;
  void note_health(Ulid id, EndpointHealth health, Reply<void> reply) override;
  void get(OwnedId id, Reply<Endpoint> reply) override;
  void list(Tenant tenant, PageQuery query, Reply<Page<Endpoint>> reply) override;
  void deliveries(DeliveryQuery query, Reply<Page<DeliveryRecord>> reply) override;
  void owe(Delivery delivery, std::string type, Keyed keyed, Reply<Submitted> reply) override;
  void redeliver(OwnedId id, Ulid again, std::optional<IdempotencyKey> key, Render render,
                 Reply<Submitted> reply) override;
  void replay(ReplayStep step, Keyed keyed, Reply<ReplayDone> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite
