#include "webhook/window.hpp"

#include <algorithm>
#include <vector>

namespace waypost::webhook {
namespace {

constexpr std::size_t failing_from = 3;  // failures in a row
constexpr std::size_t kept_origins = 4096;
constexpr Milliseconds least_delay{1'000}, most_delay{300'000};
constexpr Milliseconds assumed_duration{100};

}  // namespace

struct Window::Origin {
  std::deque<Waiting> waiting;
  std::size_t held = 0;  ///< places in the window
  std::size_t bytes = 0;
  std::size_t in_flight = 0;
  std::size_t failures = 0;  ///< in a row
  std::chrono::microseconds mean{assumed_duration};
  std::chrono::sys_time<std::chrono::microseconds> booked{};  ///< until when what was postponed keeps it busy
  std::optional<Time> paused_until;
  Ring* ring = nullptr;
  Ring::iterator at;

  bool failing() const { return failures >= failing_from; }
  /// Attempts it may have at once.
  std::size_t allowed(std::size_t most) const {
    const std::size_t quarters = std::min<std::size_t>(failures, failing_from);
    return quarters == failing_from ? 1 : std::max<std::size_t>(1, most >> (2 * quarters));
  }
};

Window::Window(Limits limits) : limits_(limits) {}
Window::~Window() = default;

Window::Origin& Window::origin(const std::string& name) {
  const auto found = origins_.find(name);
  if (found != origins_.end()) return *found->second;
  // That an origin fails must outlive its deliveries' stay here, but not grow without bound.
  if (origins_.size() >= kept_origins)
    std::erase_if(origins_,
                  [](const auto& entry) { return entry.second->held == 0 && !entry.second->paused_until; });
  return *origins_.emplace(name, std::make_unique<Origin>()).first->second;
}

bool Window::admit(store::Delivery& delivery, const std::shared_ptr<const Target>& target) {
  Origin& receiver = origin(target->origin);
  const std::size_t free_places = limits_.places - std::min(limits_.places, known_.size());
  const std::size_t free_bytes = limits_.bytes - std::min(limits_.bytes, bytes_);
  if (receiver.held >= free_places || receiver.bytes >= free_bytes) return false;
  const std::size_t size = delivery.body.size();
  known_.emplace(delivery.id.sequence(), Place{&receiver, size});
  bytes_ += size;
  receiver.bytes += size;
  ++receiver.held;
  receiver.waiting.push_back({std::move(delivery), target});
  list(receiver);
  return true;
}

void Window::list(Origin& origin) {
  Ring* const wanted = origin.waiting.empty() || origin.paused_until ||
                               origin.in_flight >= origin.allowed(limits_.attempts_per_origin)
                           ? nullptr
                       : origin.failing() ? &failing_
                                          : &live_;
  if (origin.ring == wanted) return;
  unlist(origin);
  if (wanted == nullptr) return;
  origin.at = wanted->insert(wanted->end(), &origin);
  origin.ring = wanted;
}

void Window::unlist(Origin& origin) {
  if (origin.ring != nullptr) origin.ring->erase(origin.at);
  origin.ring = nullptr;
}

bool Window::may_begin(const Origin& origin) const {
  return origin.in_flight == 0 || origin.in_flight < (limits_.attempts - in_flight_) / 4;
}

void Window::pause(Origin& origin, Time until) {
  if (origin.paused_until && *origin.paused_until >= until) return;
  end_pause(origin);
  origin.paused_until = until;
  paused_.emplace(until, &origin);
  list(origin);
}

void Window::resume(const std::string& name) {
  if (const auto found = origins_.find(name); found != origins_.end()) end_pause(*found->second);
}

void Window::end_pause(Origin& origin) {
  if (!origin.paused_until) return;
  const auto [begin, end] = paused_.equal_range(*origin.paused_until);
  paused_.erase(std::find(begin, end, std::pair<const Time, Origin*>(*origin.paused_until, &origin)));
  origin.paused_until.reset();
  list(origin);
}

std::optional<Time> Window::next_resumption() const {
  return paused_.empty() ? std::nullopt : std::optional(paused_.begin()->first);
}

std::optional<Window::Attempt> Window::begin(Time now) {
  while (!paused_.empty() && paused_.begin()->first <= now) end_pause(*paused_.begin()->second);
  if (in_flight_ >= limits_.attempts) return {};
  const bool may_probe = probes_ < std::max<std::size_t>(1, limits_.attempts / 2);
  failing_first_ = !failing_first_;
  if (failing_first_ && may_probe)
    if (auto attempt = begin_from(failing_)) return attempt;
  if (auto attempt = begin_from(live_)) return attempt;
  return may_probe ? begin_from(failing_) : std::nullopt;
}

std::optional<Window::Attempt> Window::begin_from(Ring& ring) {
  for (std::size_t looked_at = ring.size(); looked_at > 0; --looked_at) {
    Origin& origin = *ring.front();
    ring.splice(ring.end(), ring, ring.begin());
    if (may_begin(origin)) return begin(origin);
  }
  return {};
}

Window::Attempt Window::begin(Origin& origin) {
  Waiting next = std::move(origin.waiting.front());
  origin.waiting.pop_front();
  Attempt attempt{std::move(next.delivery), std::move(next.target), &origin, origin.failing()};
  ++origin.in_flight;
  ++in_flight_;
  probes_ += attempt.probe ? 1 : 0;
  list(origin);
  return attempt;
}

void Window::end(const Attempt& attempt, bool receiver_is_well, Milliseconds took) {
  Origin& origin = *attempt.origin;
  --origin.in_flight;
  --in_flight_;
  probes_ -= attempt.probe ? 1 : 0;
  origin.failures = receiver_is_well ? 0 : origin.failures + 1;
  origin.mean = (origin.mean * 7 + std::chrono::microseconds(took)) / 8;
  list(origin);
}

void Window::leave(std::int64_t sequence) {
  const auto found = known_.find(sequence);
  if (found == known_.end()) return;
  const Place place = found->second;
  known_.erase(found);
  bytes_ -= place.bytes;
  place.origin->bytes -= place.bytes;
  --place.origin->held;
}

void Window::drop_waiting() {
  for (auto& [name, origin] : origins_) {
    for (const Waiting& waiting : origin->waiting) leave(waiting.delivery.id.sequence());
    origin->waiting.clear();
    unlist(*origin);
  }
}

Time Window::postpone(const std::string& name, Time now) {
  Origin& receiver = origin(name);
  const auto each = receiver.mean / static_cast<std::int64_t>(receiver.allowed(limits_.attempts_per_origin));
  const Time soonest = std::max(now + least_delay, receiver.paused_until.value_or(now));
  const auto earliest = std::max<decltype(receiver.booked)>(receiver.booked, soonest);
  receiver.booked = std::min<decltype(receiver.booked)>(earliest + each, now + most_delay);
  return std::chrono::ceil<Milliseconds>(receiver.booked);
}

std::vector<std::int64_t> Window::sequences() const {
  std::vector<std::int64_t> out;
  out.reserve(known_.size());
  for (const auto& entry : known_) out.push_back(entry.first);
  std::ranges::sort(out);
  return out;
}

}  // namespace waypost::webhook
