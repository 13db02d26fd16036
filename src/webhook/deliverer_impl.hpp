#pragma once

#include <atomic>
#include <list>
#include <optional>
#include <random>
#include <unordered_set>
#include <variant>

#include "waypost/webhook/deliverer.hpp"
#include "webhook/mailbox.hpp"
#include "webhook/receivers.hpp"
#include "webhook/recently_gone.hpp"
#include "webhook/sender.hpp"
#include "webhook/tallies.hpp"
#include "webhook/window.hpp"

namespace waypost::webhook {

/// All on the context's thread, but for what says otherwise.
class Deliverer::Impl {
 public:
  Impl(asio::io_context& context, net::Client& client, store::JobStore& store, store::WebhookStore& endpoints,
       Clock& clock, DelivererOptions options);
  ~Impl();

  // Any thread.
  void start() { mail_->send(Start{}); }
  void heed(store::WebhookNews news) { mail_->send(std::move(news)); }
  void offer(std::vector<store::Delivery> deliveries) { mail_->send(Offer{std::move(deliveries)}); }
  void reconfigure(DelivererPace pace) { mail_->send(std::move(pace)); }
  void stop(Milliseconds limit, std::function<void()> done) { mail_->send(Stop{limit, std::move(done)}); }
  DelivererFigures figures() const;
  Tally tally(Tenant tenant) const { return tallies_.of(tenant); }

 private:
  struct Start {};
  struct Offer {
    std::vector<store::Delivery> deliveries;
  };
  struct Stop {
    Milliseconds limit;
    std::function<void()> done;
  };
  struct Settled {
    store::Settlement settlement;
    Result<std::optional<store::Delivery>> next;
  };
  struct Noted {
    Result<void> done;
  };
  struct Fetched {
    Result<store::JobStore::Due> due;
  };
  using Message =
      std::variant<Start, store::WebhookNews, Offer, DelivererPace, Stop, Settled, Noted, Fetched>;
  using Flights = std::list<net::Abort*>;

  // What comes in.
  void receive(std::vector<Message>&& messages);
  void on(Start);
  void on(store::WebhookNews news);
  void on(Offer offer);
  void on(DelivererPace pace);
  void on(Stop stop);
  void on(Settled settled);
  void on(Noted noted);
  void on(Fetched fetched);
  void ring();

  // Into the window.
  bool knows(std::int64_t sequence) const { return window_.knows(sequence) || aside_.contains(sequence); }
  enum class Place { taken, put_aside, none };
  Place place(store::Delivery& delivery);
  /// Where it goes; nothing when it can go nowhere, and is given up for the reason in `why`.
  std::shared_ptr<const Target> target_of(const store::Delivery& delivery, std::string_view& why);
  void give_up(const store::Delivery& delivery, std::string_view why);
  void set_aside(store::Settlement settlement);
  /// When to read from the store again; nothing while there is no need to or something stands in the way.
  std::optional<Time> fetch_at() const;
  void fetch(Time now);

  // Out to the receivers.
  void pump();
  std::optional<Window::Attempt> next();
  asio::awaitable<void> work(Window::Attempt attempt);
  void ended(const Window::Attempt& attempt, const Outcome& outcome);
  void note_health(const Window::Attempt& attempt, const Outcome& outcome, Time now);
  void report(const Window::Attempt& attempt, const Outcome& outcome, store::Settlement::Kind kind) const;

  // Into the store.
  void settle(store::Settlement settlement);
  void try_again_later(Settled&& settled);

  // At the end of each step.
  void break_off();
  void go_on();
  void arm(Time now);
  void show();
  void finish();

  asio::io_context& context_;
  store::JobStore& store_;
  store::WebhookStore& endpoints_;
  Clock& clock_;
  DelivererOptions options_;
  Receivers receivers_;
  Sender sender_;
  Window window_;
  std::mt19937_64 random_;
  std::shared_ptr<Mailbox<Message>> mail_;
  std::unique_ptr<Alarm> alarm_;

  bool started_ = false;
  bool stopping_ = false;
  Flights flights_;
  std::size_t settling_ = 0;  ///< settlements and notes on their way to the store
  std::unordered_set<std::int64_t>
      aside_;  ///< deliveries being written down that have no place in the window
  std::vector<store::Settlement> to_settle_;  ///< what the store was too busy for
  std::optional<Time> settle_at_;             ///< when to offer it that again

  bool fetching_ = false;
  bool more_ = false;       ///< the store has deliveries due that are not here
  bool fruitless_ = false;  ///< the last fetch found room for nothing
  std::optional<Time> next_due_;
  Time fetched_at_{};
  Time not_before_{};  ///< no fetch earlier, after one that failed
  std::unordered_set<std::int64_t> left_during_fetch_;
  RecentlyGone gone_;

  std::optional<Time> stop_by_;
  std::function<void()> stopped_;

  std::atomic<std::uint64_t> pending_ = 0, in_flight_ = 0, refused_ = 0, postponed_ = 0, known_endpoints_ = 0,
                             disabled_endpoints_ = 0, open_circuits_ = 0, disabled_gone_ = 0,
                             disabled_failing_ = 0;
  Tallies tallies_;
  SharedHistogram attempt_milliseconds_{milliseconds_scale};
};

}  // namespace waypost::webhook
