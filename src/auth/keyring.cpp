#include "waypost/auth/keyring.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace waypost::auth {
namespace {

constexpr std::chrono::minutes guess_window{1};

std::int64_t micros(Time time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

/// One key's rate by the generic cell rate algorithm: `arrival` is when the bucket would be full again. A
/// second's worth (at least one request) may come at once. Nothing when the request must wait, and then
/// `wait_us` says how long.
std::optional<RateStatus> spend(std::atomic<std::int64_t>& arrival, double rate, std::int64_t now_us,
                                std::int64_t& wait_us) {
  const auto step = std::max<std::int64_t>(1, std::llround(1e6 / rate));
  const auto burst = std::max<std::int64_t>(1, static_cast<std::int64_t>(rate));
  auto seen = arrival.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    next = std::max(seen, now_us) + step;
    wait_us = next - now_us - burst * step;
    if (wait_us > 0) return std::nullopt;
  } while (!arrival.compare_exchange_weak(seen, next, std::memory_order_relaxed));
  constexpr std::int64_t second = 1'000'000;
  return RateStatus{.quota = burst,
                    .window_seconds = std::max<std::int64_t>(1, (burst * step + second / 2) / second),
                    .remaining = (now_us + burst * step - next) / step,
                    .reset_seconds = (next - now_us + second - 1) / second};
}

}  // namespace

struct Keyring::Entry {
  explicit Entry(ApiKey k) : key(std::move(k)) {}
  const ApiKey key;
  std::atomic<std::int64_t> arrival = 0;  ///< of the rate
  std::atomic<std::int64_t> used = 0;     ///< milliseconds; 0 once it was taken
};

Keyring::Keyring() : entries_(std::make_shared<const Entries>()) {}
Keyring::~Keyring() = default;

std::shared_ptr<const Keyring::Entries> Keyring::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

void Keyring::replace(const std::vector<ApiKey>& keys) {
  const auto before = entries();
  auto after = std::make_shared<Entries>();
  for (const ApiKey& key : keys) {
    if (key.revoked_at) continue;
    const auto known = before->find(key.ulid);
    const bool same = known != before->end() && known->second->key.rate_per_second == key.rate_per_second;
    after->emplace(key.ulid, same ? known->second : std::make_shared<Entry>(key));
  }
  empty_.store(after->empty(), std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  entries_ = std::move(after);
}

bool Keyring::empty() const {
  return empty_.load(std::memory_order_relaxed);
}

Result<Principal> Keyring::admit(std::string_view text, Time now) {
  const auto token = parse_token(text);
  if (!token)
    return fail(Code::unauthenticated,
                "this is no API key: one begins with \"wp_\" and is copied whole, as 'waypost key create' "
                "printed it");
  const auto all = entries();
  const auto found = all->find(token->key);
  if (found == all->end() || !is_secret_of(*token, found->second->key))
    return fail(Code::unauthenticated, "the API key is not valid: it is unknown or was revoked");
  Entry& entry = *found->second;
  if (entry.key.expires_at && *entry.key.expires_at <= now)
    return fail(Code::unauthenticated, "the API key expired at " + to_rfc3339(*entry.key.expires_at) +
                                           "; make a new one with 'waypost key create'");
  entry.used.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  Principal principal{.key = entry.key.id(),
                      .tenant = entry.key.tenant_number,
                      .scopes = entry.key.scopes,
                      .is_operator = false,
                      .rate = {}};
  if (!entry.key.rate_per_second) return principal;
  std::int64_t wait_us = 0;
  principal.rate = spend(entry.arrival, *entry.key.rate_per_second, micros(now), wait_us);
  if (principal.rate) return principal;
  Error error{.code = Code::rate_limited, .message = "the API key's rate limit is reached"};
  error.retry_after_seconds = static_cast<int>((wait_us + 999'999) / 1'000'000);
  return std::unexpected(std::move(error));
}

std::vector<std::pair<Ulid, Time>> Keyring::take_used() {
  std::vector<std::pair<Ulid, Time>> used;
  for (const auto& [ulid, entry] : *entries())
    if (const auto at = entry->used.exchange(0, std::memory_order_relaxed); at != 0)
      used.emplace_back(ulid, Time{Milliseconds{at}});
  return used;
}

std::optional<int> GuessLimiter::must_wait(std::string_view address, Time now) const {
  if (!any_.load(std::memory_order_relaxed)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(std::string(address));
  if (found == failures_.end() || found->second.count < free_failures) return std::nullopt;
  const auto left = found->second.since + guess_window - now;
  if (left <= Milliseconds{0}) return std::nullopt;
  return static_cast<int>(std::chrono::ceil<Seconds>(left).count());
}

bool GuessLimiter::failed(std::string_view address, Time now) {
  const std::lock_guard lock(mutex_);
  if (failures_.size() >= most_addresses && !failures_.contains(std::string(address))) {
    std::erase_if(failures_, [&](const auto& entry) { return entry.second.since + guess_window <= now; });
    if (failures_.size() >= most_addresses)
      failures_.erase(
          std::ranges::min_element(failures_, {}, [](const auto& entry) { return entry.second.since; }));
  }
  any_.store(true, std::memory_order_relaxed);
  Failures& failures = failures_[std::string(address)];
  if (failures.since + guess_window <= now) failures = {.since = now, .count = 0};
  return ++failures.count == free_failures;
}

}  // namespace waypost::auth
