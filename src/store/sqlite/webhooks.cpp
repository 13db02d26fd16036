#include "store/sqlite/webhooks.hpp"

namespace waypost::store::sqlite {
namespace {

std::unexpected<Error> no_such_endpoint(const Ulid& id) {
  return fail(Code::not_found, "there is no webhook endpoint " + format_id("whe_", id));
}

Result<void> note(Session& session, const Ulid& id, const EndpointHealth& health) {
  const Endpoint* known = session.endpoints().find(id);
  if (known == nullptr || known->disabled) return {};
  Endpoint endpoint = *known;
  ++endpoint.version;
  endpoint.failing_since = health.failing_since;
  endpoint.disabled = health.disabled;
  if (endpoint.disabled) endpoint.updated_at = endpoint.disabled->at;
  if (auto put = session.endpoints().put(endpoint); !put || !endpoint.disabled) return put;
  const Ulid event = make_ulid(endpoint.disabled->at);
  for (const auto& [sequence, other] : session.endpoints().all())
    if (other.tenant == endpoint.tenant && other.hears_of_disabled && !other.disabled)
      session.outbox().owe({.id = make_ulid(endpoint.disabled->at),
                            .event = event,
                            .job = event,
                            .tenant = endpoint.tenant,
                            .endpoint = sequence,
                            .body = health.disabled_event,
                            .created_at = endpoint.disabled->at,
                            .next_at = endpoint.disabled->at},
                           WebhookStore::disabled_event);
  return {};
}

Result<Submitted> redeliver_once(Session& session, const OwnedId& id, const Ulid& again,
                                 const std::optional<IdempotencyKey>& key,
                                 const WebhookStore::Render& render) {
  auto first = session.admit(key);
  if (!first) return std::unexpected(first.error());
  if (*first) return std::move(**first);
  const auto record = session.outbox().redeliver(id, again);
  if (!record) return std::unexpected(record.error());
  StoredAnswer answer = render(*record);
  if (key) session.keep_answer(*key, answer);
  return Submitted{.answer = std::move(answer)};
}

}  // namespace

void Webhooks::observe(Observer observer) {
  access_.writer().observe_webhooks(std::move(observer));
}

void Webhooks::put(Endpoint endpoint, Keyed keyed, Reply<Submitted> reply) {
  access_.write<Submitted>(
      [endpoint = std::move(endpoint), keyed = std::move(keyed)](Session& session) {
        return session.once(keyed, [&] { return session.endpoints().put(endpoint); });
      },
      std::move(reply));
}

void Webhooks::remove(OwnedId id, Reply<void> reply) {
  access_.write<void>(
      [id](Session& session) -> Result<void> {
        const Endpoint* endpoint = session.endpoints().find(id.id);
        if (endpoint == nullptr || !id.may_be_of(endpoint->tenant)) return no_such_endpoint(id.id);
        session.endpoints().remove(*endpoint);
        return {};
      },
      std::move(reply));
}

void Webhooks::note_health(Ulid id, EndpointHealth health, Reply<void> reply) {
  access_.write<void>(
      [id, health = std::move(health)](Session& session) { return note(session, id, health); },
      std::move(reply));
}

void Webhooks::get(OwnedId id, Reply<Endpoint> reply) {
  access_.read<Endpoint>(
      [id](Statements& sql) -> Result<Endpoint> {
        auto endpoint = find_endpoint(sql, id.id);
        if (endpoint && id.may_be_of(endpoint->tenant)) return std::move(*endpoint);
        return no_such_endpoint(id.id);
      },
      std::move(reply));
}

void Webhooks::list(Tenant tenant, PageQuery query, Reply<Page<Endpoint>> reply) {
  access_.read<Page<Endpoint>>([=](Statements& sql) { return list_endpoints(sql, tenant, query); },
                               std::move(reply));
}

void Webhooks::deliveries(DeliveryQuery query, Reply<Page<DeliveryRecord>> reply) {
  access_.read<Page<DeliveryRecord>>([query](Statements& sql) { return list_deliveries(sql, query); },
                                     std::move(reply));
}

void Webhooks::owe(Delivery delivery, std::string type, Keyed keyed, Reply<Submitted> reply) {
  access_.write<Submitted>(
      [delivery = std::move(delivery), type = std::move(type), keyed = std::move(keyed)](Session& session) {
        return session.once(keyed, [&] {
          session.outbox().owe(delivery, type);
          return Result<void>();
        });
      },
      std::move(reply));
}

void Webhooks::redeliver(OwnedId id, Ulid again, std::optional<IdempotencyKey> key, Render render,
                         Reply<Submitted> reply) {
  access_.write<Submitted>([id, again, key = std::move(key), render = std::move(render)](
                               Session& session) { return redeliver_once(session, id, again, key, render); },
                           std::move(reply));
}

void Webhooks::replay(ReplayStep step, Keyed keyed, Reply<ReplayDone> reply) {
  access_.write<ReplayDone>(
      [step, keyed = std::move(keyed)](Session& session) -> Result<ReplayDone> {
        ReplayDone done;
        const auto submitted = session.once(keyed, [&] {
          std::tie(done.count, done.next) = session.outbox().replay(step);
          return Result<void>();
        });
        if (!submitted) return std::unexpected(submitted.error());
        done.replayed = submitted->replayed;
        done.answer = submitted->answer.value_or(StoredAnswer{});
        return done;
      },
      std::move(reply));
}

}  // namespace waypost::store::sqlite
