#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "waypost/net/egress.hpp"
#include "waypost/store/job_store.hpp"

/// What the deliverer keeps in memory, and whose turn it is. Pure: no I/O, no clock of its own. One thread.
namespace waypost::webhook {

/// Where a delivery goes.
struct Target {
  net::Url url;
  std::string origin;  ///< scheme://host:port
};

/// The deliveries in memory: waiting, under way, or being written down. Who may have how many of them is told
/// at `Deliverer`.
class Window {
 public:
  struct Limits {
    std::size_t places;    ///< deliveries
    std::size_t bytes;     ///< of their bodies
    std::size_t attempts;  ///< at once
    std::size_t attempts_per_origin;
  };
  explicit Window(Limits limits);
  ~Window();

  struct Origin;
  /// An attempt under way.
  struct Attempt {
    store::Delivery delivery;
    std::shared_ptr<const Target> target;
    Origin* origin = nullptr;
    bool probe = false;  ///< of a failing origin
  };

  /// How many attempts may be made at once from now on.
  void set_attempts(std::size_t attempts) { limits_.attempts = attempts; }
  /// Whether the delivery is in the window.
  bool knows(std::int64_t sequence) const { return known_.contains(sequence); }
  /// Takes a delivery that it does not know, unless its origin has its share already: then nothing is moved.
  bool admit(store::Delivery& delivery, const std::shared_ptr<const Target>& target);
  /// Begins the attempt whose turn it is, if one may be made.
  std::optional<Attempt> begin(Time now);
  /// An attempt ended; its delivery keeps its place until `leave`.
  void end(const Attempt& attempt, bool receiver_is_well, Milliseconds took);
  /// Begins nothing more of an origin until then; what it has stays in its place.
  void pause(Origin& origin, Time until);
  /// Takes a pause back.
  void resume(const std::string& origin);
  /// When the first pause ends.
  std::optional<Time> next_resumption() const;
  /// The delivery is written down: its place is free.
  void leave(std::int64_t sequence);
  /// Forgets all that waits and is not under way.
  void drop_waiting();

  /// When a delivery that found no room should come back: about when its origin will have got to it.
  Time postpone(const std::string& origin, Time now);

  std::size_t size() const { return known_.size(); }
  std::size_t in_flight() const { return in_flight_; }
  /// Origins remembered.
  std::size_t origins() const { return origins_.size(); }
  /// The sequences of all deliveries in the window, ascending.
  std::vector<std::int64_t> sequences() const;

 private:
  struct Waiting {
    store::Delivery delivery;
    std::shared_ptr<const Target> target;
  };
  struct Place {
    Origin* origin;
    std::size_t bytes;
  };
  using Ring = std::list<Origin*>;

  Origin& origin(const std::string& name);
  bool may_begin(const Origin& origin) const;
  std::optional<Attempt> begin_from(Ring& ring);
  Attempt begin(Origin& origin);
  void list(Origin& origin);
  void unlist(Origin& origin);
  void end_pause(Origin& origin);

  Limits limits_;
  std::unordered_map<std::string, std::unique_ptr<Origin>> origins_;
  std::unordered_map<std::int64_t, Place> known_;
  std::size_t bytes_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t probes_ = 0;
  std::multimap<Time, Origin*> paused_;
  Ring live_, failing_;  ///< those with something waiting that their own limit allows to begin, in turn
  bool failing_first_ = false;
};

}  // namespace waypost::webhook
