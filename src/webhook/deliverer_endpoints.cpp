#include "waypost/base/log.hpp"
#include "webhook/deliverer_impl.hpp"

/// What the deliverer does about endpoints: where they point, whose turn it is, and how they fare.
namespace waypost::webhook {

void Deliverer::Impl::on(store::WebhookNews news) {
  for (auto& change : news.endpoints) {
    const std::int64_t endpoint = change.endpoint;
    // Whoever was enabled or sent elsewhere by a person has a fresh start.
    if (receivers_.apply(std::move(change))) window_.resume(receivers_.find(endpoint)->target->origin);
  }
  known_endpoints_ = receivers_.size();
  disabled_endpoints_ = receivers_.disabled();
  // It may be one that was here before and waits for its next attempt: the store knows.
  more_ = more_ || news.due;
}

std::shared_ptr<const Target> Deliverer::Impl::target_of(const store::Delivery& delivery,
                                                         std::string_view& why) {
  why = "malformed_url";
  if (delivery.endpoint == 0) return sender_.target(delivery.url);
  const Receiver* receiver = receivers_.find(delivery.endpoint);
  if (receiver == nullptr) why = "endpoint_deleted";
  if (receiver != nullptr && receiver->endpoint.disabled) why = "endpoint_disabled";
  return receiver == nullptr || receiver->endpoint.disabled ? nullptr : receiver->target;
}

std::optional<Window::Attempt> Deliverer::Impl::next() {
  const Time now = clock_.now();
  while (auto attempt = window_.begin(now)) {
    if (attempt->delivery.endpoint == 0) return attempt;
    // Its endpoint may be another one by now than when it took its place.
    std::string_view why;
    if (auto target = target_of(attempt->delivery, why)) {
      attempt->target = std::move(target);
      if (const auto until = receivers_.find(attempt->delivery.endpoint)->take_turn(now))
        window_.pause(*attempt->origin, *until);
      return attempt;
    }
    window_.end(*attempt, true, Milliseconds{0});
    window_.leave(attempt->delivery.id.sequence());
    give_up(attempt->delivery, why);
  }
  return {};
}

void Deliverer::Impl::note_health(const Window::Attempt& attempt, const Outcome& outcome, Time now) {
  Receiver* receiver = receivers_.find(attempt.delivery.endpoint);
  // A refusal of our own says nothing of the receiver.
  const bool ours = outcome.status == 0 &&
                    (!outcome.failure || outcome.failure == net::ClientError::Kind::egress_forbidden);
  if (receiver == nullptr || ours) return;
  const Health::Change change = receiver->health.attempted(outcome.status, now);
  if (change.open_until) window_.pause(*attempt.origin, *change.open_until);
  open_circuits_ = receivers_.open();
  if (!change.to_note) return;
  store::EndpointHealth health{.failing_since = receiver->health.failing_since()};
  if (!change.disable.empty()) {
    health.disabled = store::Disabled{std::string(change.disable), now};
    health.disabled_event = disabled_event(receiver->endpoint, *health.disabled);
    ++(change.disable == "gone" ? disabled_gone_ : disabled_failing_);
    log::warn("a webhook endpoint is disabled", {{"endpoint", format_id("whe_", receiver->endpoint.ulid)},
                                                 {"reason", change.disable},
                                                 {"receiver", origin_of(receiver->target->url)}});
  }
  ++settling_;
  endpoints_.note_health(receiver->endpoint.ulid, std::move(health),
                         [mail = mail_](Result<void> done) { mail->send(Noted{std::move(done)}); });
}

// It is found out again at the next failure.
void Deliverer::Impl::on(Noted noted) {
  --settling_;
  if (!noted.done)
    log::warn("how a webhook endpoint fares could not be written down",
              {{"error", noted.done.error().message}, {"cause", noted.done.error().cause}});
}

}  // namespace waypost::webhook
