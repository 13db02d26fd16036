#pragma once

#include <boost/asio/ip/address.hpp>
#include <expected>
#include <string>
#include <string_view>

/// Blocks of addresses (CIDR), as the egress guard and the list of trusted proxies know them. Pure; any
/// thread.
namespace waypost::net {

struct AddressBlock {
  boost::asio::ip::address network;
  int prefix = 0;
  bool contains(const boost::asio::ip::address& address) const;
  std::string to_string() const;  ///< "10.0.0.0/8"

  /// `10.0.0.0/8`, or one address. A block of IPv4-mapped or -translated IPv6 is one of its IPv4. Fails with
  /// what the text lacks, as the end of a sentence that begins with it.
  static std::expected<AddressBlock, std::string> parse(std::string_view text);
};

/// The prefix length of a single address: 32 or 128.
int address_bits(const boost::asio::ip::address& address);
/// The address that is meant: the IPv4 address inside an IPv4-mapped (::ffff:a.b.c.d) or -translated
/// (::ffff:0:a.b.c.d) one; an IPv6 address without its scope.
boost::asio::ip::address plain_address(const boost::asio::ip::address& address);

}  // namespace waypost::net
