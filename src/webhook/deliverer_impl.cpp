#include "webhook/deliverer_impl.hpp"

#include <stdexcept>

#include "waypost/base/log.hpp"
#include "waypost/job/job.hpp"

namespace waypost::webhook {
namespace {

using Kind = store::Settlement::Kind;

// Of one answer of the store; with the window's own bound this bounds the memory.
constexpr std::size_t fetched_bytes = 16u << 20;
// After a fetch: how soon the next one may follow when a due time asks for it, and when the window is rather
// full.
constexpr Milliseconds due_pause{100}, full_pause{1'000};
constexpr Milliseconds busy_store_pause{1'000};

const DelivererOptions& checked(const DelivererOptions& options) {
  if (options.retry_gaps.empty())
    throw std::invalid_argument("webhooks.retry_seconds needs at least one gap");
  return options;
}

void to_earliest(std::optional<Time>& at, Time other) {
  if (!at || other < *at) at = other;
}

}  // namespace

Deliverer::Impl::Impl(asio::io_context& context, net::Client& client, store::JobStore& store,
                      store::WebhookStore& endpoints, Clock& clock, DelivererOptions options)
    : context_(context),
      store_(store),
      endpoints_(endpoints),
      clock_(clock),
      options_(checked(options)),
      receivers_(options_.secret_box),
      sender_(client, clock, options_, receivers_),
      window_({.places = options_.window,
               .bytes = options_.window_bytes,
               .attempts = options_.max_in_flight,
               .attempts_per_origin = options_.max_in_flight_per_origin}),
      random_(options_.seed),
      mail_(std::make_shared<Mailbox<Message>>(
          context, [this](std::vector<Message>&& messages) { receive(std::move(messages)); })),
      alarm_(clock.make_alarm(context, [this] { ring(); })),
      gone_(4 * options_.window) {}

Deliverer::Impl::~Impl() {
  mail_->close();
}

DelivererFigures Deliverer::Impl::figures() const {
  return {.pending = pending_,
          .in_flight = in_flight_,
          .attempts = tallies_.of_all(),
          .egress_refused = refused_,
          .postponed = postponed_,
          .endpoints = known_endpoints_,
          .endpoints_disabled = disabled_endpoints_,
          .circuits_open = open_circuits_,
          .disabled_gone = disabled_gone_,
          .disabled_failing = disabled_failing_,
          .attempt_milliseconds = attempt_milliseconds_.read()};
}

void Deliverer::Impl::receive(std::vector<Message>&& messages) {
  for (Message& message : messages) std::visit([this](auto& kind) { on(std::move(kind)); }, message);
  go_on();
}

void Deliverer::Impl::on(Start) {
  started_ = true;
  more_ = true;
}

void Deliverer::Impl::on(Offer offer) {
  if (stopping_) return;  // the store keeps them
  for (store::Delivery& delivery : offer.deliveries) {
    if (gone_.contains(delivery.id.sequence())) continue;
    // Before the start all is read from the store in its order.
    if (!started_ || place(delivery) == Place::none) more_ = true;
  }
}

void Deliverer::Impl::on(DelivererPace pace) {
  options_.retry_gaps = std::move(pace.retry_gaps);
  options_.max_in_flight = pace.max_in_flight;
  sender_.set_timeout(pace.timeout);
  window_.set_attempts(pace.max_in_flight);
}

void Deliverer::Impl::on(Stop stop) {
  stopping_ = true;
  stop_by_ = clock_.now() + stop.limit;
  stopped_ = std::move(stop.done);
  window_.drop_waiting();
}

void Deliverer::Impl::on(Fetched fetched) {
  fetching_ = false;
  if (stopping_) return;
  if (!fetched.due) {
    log::warn("the webhooks that are due could not be read and will be asked for again",
              {{"error", fetched.due.error().message}, {"cause", fetched.due.error().cause}});
    more_ = true;
    not_before_ = clock_.now() + busy_store_pause;
    return;
  }
  std::size_t taken = 0;
  for (store::Delivery& delivery : fetched.due->deliveries) {
    if (left_during_fetch_.contains(delivery.id.sequence())) continue;
    const Place found = place(delivery);
    if (found == Place::taken) ++taken;
    if (found != Place::none) continue;
    std::string_view why;
    const auto target = target_of(delivery, why);
    ++postponed_;
    set_aside({.delivery = delivery.id,
               .kind = Kind::postpone,
               .next_at = window_.postpone(target->origin, clock_.now())});
  }
  fruitless_ = taken == 0 && fetched.due->more;
  more_ = more_ || fetched.due->more;
  if (fetched.due->next) to_earliest(next_due_, *fetched.due->next);
}

Deliverer::Impl::Place Deliverer::Impl::place(store::Delivery& delivery) {
  if (knows(delivery.id.sequence())) return Place::taken;
  const Time first_at = delivery.created_at + options_.retry_gaps.front();
  if (delivery.attempts == 0 && clock_.now() < first_at) {
    set_aside({.delivery = delivery.id, .kind = Kind::postpone, .next_at = first_at});
    return Place::put_aside;
  }
  std::string_view why;
  const auto target = target_of(delivery, why);
  if (target) return window_.admit(delivery, target) ? Place::taken : Place::none;
  give_up(delivery, why);
  return Place::put_aside;
}

void Deliverer::Impl::give_up(const store::Delivery& delivery, std::string_view why) {
  log::warn("a webhook was given up", {{"event_id", event_id(delivery.event)},
                                       {"delivery_id", delivery_id(delivery.id)},
                                       {"job_id", format_id(job::id_prefix, delivery.job)},
                                       {"error", why}});
  tallies_.note(delivery.tenant, Kind::gave_up);
  const Outcome outcome{.error = std::string(why), .message = "no attempt was made"};
  const Time now = clock_.now();
  set_aside({.delivery = delivery.id,
             .endpoint = delivery.endpoint,
             .kind = Kind::gave_up,
             .at = now,
             .detail = outcome.detail(delivery.attempts + 1, now)});
}

void Deliverer::Impl::set_aside(store::Settlement settlement) {
  aside_.insert(settlement.delivery.sequence());
  settle(std::move(settlement));
}

std::optional<Time> Deliverer::Impl::fetch_at() const {
  if (!started_ || stopping_ || fetching_ || !aside_.empty() || !store_.healthy()) return {};
  if (!more_) {
    if (!next_due_) return {};
    return std::max({*next_due_, fetched_at_ + due_pause, not_before_});
  }
  // A rather full window that drains will soon have room; what fills one that does not is not known until it
  // is read.
  const bool at_once = window_.size() <= options_.window / 4 || fruitless_;
  return at_once ? not_before_ : std::max(fetched_at_ + full_pause, not_before_);
}

void Deliverer::Impl::fetch(Time now) {
  fetching_ = true;
  more_ = false;
  fetched_at_ = now;
  if (next_due_ && *next_due_ <= now) next_due_.reset();
  left_during_fetch_.clear();
  store_.due_deliveries(
      {.now = now,
       .limit = std::max<std::size_t>(1, options_.window / 4),
       .max_bytes = fetched_bytes,
       .known = window_.sequences()},
      [mail = mail_](Result<store::JobStore::Due> due) { mail->send(Fetched{std::move(due)}); });
}

void Deliverer::Impl::pump() {
  if (stopping_) return;
  while (auto attempt = next()) asio::co_spawn(context_, work(std::move(*attempt)), asio::detached);
}

// A slot: makes attempts as long as there are any to make.
asio::awaitable<void> Deliverer::Impl::work(Window::Attempt attempt) {
  std::optional<Window::Attempt> current(std::move(attempt));
  while (current) {
    net::Abort abort;
    const auto flight = flights_.insert(flights_.end(), &abort);
    show();
    const Outcome outcome = co_await sender_.send(*current, abort);
    flights_.erase(flight);
    ended(*current, outcome);
    current.reset();
    if (!stopping_) current = next();
  }
  show();
  finish();
}

void Deliverer::Impl::ended(const Window::Attempt& attempt, const Outcome& outcome) {
  const store::Delivery& delivery = attempt.delivery;
  if (outcome.failure == net::ClientError::Kind::aborted) {  // by our own stop: the store has it as it was
    window_.end(attempt, true, outcome.took);
    window_.leave(delivery.id.sequence());
    return;
  }
  attempt_milliseconds_.note(outcome.took.count());
  const double random = std::uniform_real_distribution<double>(0, 1)(random_);
  const Time now = clock_.now();
  const Verdict verdict = judge(outcome.ending(now), delivery.attempts, options_.retry_gaps, random);
  const bool is_well = delivery.endpoint == 0 ? verdict.receiver_is_well : verdict.kind == Kind::delivered;
  window_.end(attempt, is_well, outcome.took);
  if (delivery.endpoint != 0) note_health(attempt, outcome, now);
  tallies_.note(delivery.tenant, verdict.kind);
  if (outcome.failure == net::ClientError::Kind::egress_forbidden) ++refused_;
  report(attempt, outcome, verdict.kind);
  const bool told = delivery.endpoint != 0 || verdict.kind != Kind::delivered;
  settle({.delivery = delivery.id,
          .endpoint = delivery.endpoint,
          .kind = verdict.kind,
          .at = now,
          .next_at = verdict.next_at,
          .status = outcome.status,
          .detail = told ? outcome.detail(delivery.attempts + 1, now) : std::string()});
}

void Deliverer::Impl::report(const Window::Attempt& attempt, const Outcome& outcome, Kind kind) const {
  const auto level = kind == Kind::delivered ? log::Level::debug
                     : kind == Kind::retry   ? log::Level::info
                                             : log::Level::warn;
  if (!log::enabled(level)) return;
  const std::string event = event_id(attempt.delivery.event),
                    job = format_id(job::id_prefix, attempt.delivery.job);
  // The origin alone: a URL's path and query may hold secrets.
  if (kind == Kind::delivered)
    return log::write(level, "webhook delivered",
                      {{"event_id", event},
                       {"job_id", job},
                       {"receiver", attempt.target->origin},
                       {"address", outcome.address},
                       {"attempt", attempt.delivery.attempts + 1},
                       {"status", outcome.status},
                       {"ms", outcome.took.count()}});
  log::write(level, kind == Kind::retry ? "webhook failed and will be retried" : "webhook given up",
             {{"event_id", event},
              {"job_id", job},
              {"receiver", attempt.target->origin},
              {"address", outcome.address},
              {"attempt", attempt.delivery.attempts + 1},
              {"status", outcome.status},
              {"ms", outcome.took.count()},
              {"error", outcome.error},
              {"message", outcome.message},
              {"reply", outcome.reply}});
}

void Deliverer::Impl::settle(store::Settlement settlement) {
  ++settling_;
  store::Settlement copy = settlement;
  store_.settle(std::move(copy), [mail = mail_, settlement = std::move(settlement)](
                                     Result<std::optional<store::Delivery>> next) mutable {
    mail->send(Settled{std::move(settlement), std::move(next)});
  });
}

void Deliverer::Impl::on(Settled settled) {
  --settling_;
  if (!settled.next) return try_again_later(std::move(settled));
  const store::Settlement& settlement = settled.settlement;
  const std::int64_t sequence = settlement.delivery.sequence();
  aside_.erase(sequence);
  window_.leave(sequence);
  gone_.add(sequence);
  if (fetching_) left_during_fetch_.insert(sequence);
  if (settlement.kind == Kind::retry || settlement.kind == Kind::postpone) {
    if (settlement.next_at <= clock_.now())
      more_ = true;
    else
      to_earliest(next_due_, settlement.next_at);
  }
  std::optional<store::Delivery>& next = *settled.next;
  if (next && !stopping_ && place(*next) == Place::none) more_ = true;
}

// Until it is written down the event keeps its place, so that it is not sent again.
void Deliverer::Impl::try_again_later(Settled&& settled) {
  const Error& error = settled.next.error();
  const bool busy = error.code == Code::overloaded || error.code == Code::insufficient_storage;
  const bool hopeless = !busy || !store_.healthy() || (stop_by_ && clock_.now() >= *stop_by_);
  log::warn(hopeless ? "a webhook's attempt could not be written down; it will be made again after a restart"
                     : "a webhook's attempt could not be written down yet",
            {{"delivery_id", delivery_id(settled.settlement.delivery)},
             {"error", error.message},
             {"cause", error.cause}});
  if (hopeless) return;
  to_settle_.push_back(std::move(settled.settlement));
  to_earliest(settle_at_, clock_.now() + busy_store_pause);
}

void Deliverer::Impl::ring() {
  const Time now = clock_.now();
  if (settle_at_ && *settle_at_ <= now) {
    settle_at_.reset();
    for (auto& settlement : std::exchange(to_settle_, {})) settle(std::move(settlement));
  }
  go_on();
}

/// The time for a stop is over.
void Deliverer::Impl::break_off() {
  for (net::Abort* abort : flights_) abort->request();
  for (const auto& settlement : std::exchange(to_settle_, {}))
    log::warn("a webhook's attempt could not be written down; it will be made again after a restart",
              {{"delivery_id", delivery_id(settlement.delivery)}});
  settle_at_.reset();
}

void Deliverer::Impl::go_on() {
  const Time now = clock_.now();
  if (stop_by_ && *stop_by_ <= now) break_off();
  const auto at = fetch_at();
  if (at && *at <= now) fetch(now);
  pump();
  arm(now);
  show();
  finish();
}

void Deliverer::Impl::arm(Time now) {
  std::optional<Time> at = settle_at_;
  if (const auto fetch = fetch_at()) to_earliest(at, *fetch);
  if (stop_by_ && *stop_by_ > now) to_earliest(at, *stop_by_);
  if (const auto resumption = window_.next_resumption(); resumption && !stopping_)
    to_earliest(at, std::max(*resumption, now));
  if (at)
    alarm_->set(*at);
  else
    alarm_->clear();
}

void Deliverer::Impl::show() {
  pending_.store(window_.size() + aside_.size(), std::memory_order_relaxed);
  in_flight_.store(window_.in_flight(), std::memory_order_relaxed);
}

void Deliverer::Impl::finish() {
  if (!stopped_ || !flights_.empty() || settling_ > 0 || fetching_ || !to_settle_.empty()) return;
  alarm_->clear();
  asio::post(context_, std::exchange(stopped_, nullptr));  // it may destroy us
}

}  // namespace waypost::webhook
