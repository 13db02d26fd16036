#include "webhook/receivers.hpp"

#include <algorithm>
#include <cmath>

#include "waypost/base/json.hpp"
#include "waypost/base/log.hpp"

namespace waypost::webhook {
namespace {

/// The origin in the window's sense: an endpoint has its own share, wherever it points.
std::shared_ptr<const Target> target_of(const store::Endpoint& endpoint) {
  auto url = net::parse_url(endpoint.url);
  if (!url) return nullptr;
  return std::make_shared<const Target>(Target{std::move(*url), format_id("whe_", endpoint.ulid)});
}

}  // namespace

std::optional<Time> Receiver::take_turn(Time now) {
  if (!endpoint.rate_per_second) return {};
  const std::chrono::microseconds gap{std::llround(1e6 / *endpoint.rate_per_second)};
  next_free = std::max<decltype(next_free)>(next_free, now) + gap;
  const Time at = std::chrono::floor<Milliseconds>(next_free);
  return at > now ? std::optional(at) : std::nullopt;
}

bool Receivers::apply(store::WebhookNews::Change change) {
  if (!change.now) {
    receivers_.erase(change.endpoint);
    return false;
  }
  Receiver& receiver = receivers_[change.endpoint];
  const bool fresh = receiver.endpoint.version == 1 && receiver.target == nullptr;
  const bool enabled_again = receiver.endpoint.disabled && !change.now->disabled;
  const bool begins_anew = fresh || enabled_again || receiver.endpoint.url != change.now->url;
  // How it fares is known better here than there, but for what a person has just decided.
  if (begins_anew) receiver.health = Health(change.now->failing_since);
  receiver.endpoint = std::move(*change.now);
  receiver.target = target_of(receiver.endpoint);
  receiver.headers = open_headers(receiver.endpoint);
  return begins_anew && receiver.target != nullptr;
}

Receiver* Receivers::find(std::int64_t endpoint) {
  const auto found = receivers_.find(endpoint);
  return found == receivers_.end() ? nullptr : &found->second;
}

std::size_t Receivers::disabled() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      receivers_, [](const auto& entry) { return entry.second.endpoint.disabled.has_value(); }));
}

std::size_t Receivers::open() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(receivers_, [](const auto& entry) { return entry.second.health.open(); }));
}

std::vector<net::Field> Receivers::open_headers(const store::Endpoint& endpoint) const {
  std::vector<net::Field> fields;
  for (const auto& [name, sealed] : endpoint.headers) {
    auto value = secret_box_ == nullptr || !SecretBox::is_sealed(sealed) ? Result<std::string>(sealed)
                                                                         : secret_box_->unseal(sealed);
    if (value)
      fields.push_back({name, std::move(*value)});
    else
      log::error("a header of a webhook endpoint cannot be opened and is left out",
                 {{"endpoint", format_id("whe_", endpoint.ulid)},
                  {"header", name},
                  {"error", value.error().message}});
  }
  return fields;
}

std::string disabled_event(const store::Endpoint& endpoint, const store::Disabled& disabled) {
  std::string body;
  json::Writer out(body);
  out.begin_object()
      .field("type", store::WebhookStore::disabled_event)
      .field("timestamp", to_rfc3339(disabled.at))
      .key("data")
      .begin_object()
      .key("endpoint")
      .begin_object()
      .field("id", format_id("whe_", endpoint.ulid))
      .field("url", endpoint.url)
      .field("description", endpoint.description);
  out.key("disabled")
      .begin_object()
      .field("reason", disabled.reason)
      .field("at", to_rfc3339(disabled.at))
      .end_object();
  out.end_object().end_object().end_object();
  return body;
}

}  // namespace waypost::webhook
