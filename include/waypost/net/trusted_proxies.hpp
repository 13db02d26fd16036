#pragma once

#include <string>
#include <vector>

#include "waypost/net/address_block.hpp"
#include "waypost/net/http.hpp"

namespace waypost::net {

/// The proxies whose word on who the client is counts (`server.trusted_proxies`). Immutable; any thread.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  /// `blocks`: CIDR blocks or addresses. Fails with validation_failed and the entry at fault.
  static Result<TrustedProxies> make(const std::vector<std::string>& blocks);

  bool empty() const { return blocks_.empty(); }
  /// `address` as net::plain_address has it.
  bool trust(const boost::asio::ip::address& address) const;

  /// The client's address as `Forwarded` (RFC 7239) or `X-Forwarded-For` tell it: the right-most that is no
  /// trusted proxy, as every address left of it is that client's own claim. `peer`, the trusted proxy's own
  /// address, where they tell of none. When both fields are there and disagree one of them came from the
  /// client, and nobody knows which: then, too, it is `peer`.
  boost::asio::ip::address client_of(const RequestHead& head, const boost::asio::ip::address& peer) const;

 private:
  using Hops = std::vector<std::string>;
  boost::asio::ip::address right_most_untrusted(const Hops& hops, const boost::asio::ip::address& peer) const;

  std::vector<AddressBlock> blocks_;
};

}  // namespace waypost::net
