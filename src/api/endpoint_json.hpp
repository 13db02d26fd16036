#pragma once

#include "api/call.hpp"
#include "waypost/store/webhook_store.hpp"

/// Webhook endpoints and deliveries as JSON (§4 of the contract).
namespace waypost::api {

inline constexpr std::string_view endpoint_prefix = "whe_", delivery_prefix = "dlv_";

/// Sets what `object` gives of a new endpoint, or of one that is changed; notes every fault.
void read_endpoint(json::Value object, const Services& services, store::Endpoint& endpoint,
                   std::vector<Fault>& faults);

/// `secret` is shown when it is given: at creation and rotation only.
Result<std::string> endpoint_body(const store::Endpoint& endpoint, const Services& services,
                                  std::optional<std::string_view> secret = {});
Result<void> write(json::Writer& out, const store::Endpoint& endpoint, const Services& services,
                   std::optional<std::string_view> secret = {});
void write(json::Writer& out, const store::DeliveryRecord& delivery);

std::optional<store::DeliveryRecord::State> parse_delivery_state(std::string_view text);

}  // namespace waypost::api
