#include "waypost/net/connection_count.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace waypost::net {
namespace {

ConnectionCount::Peer peer(const char* address) {
  return ConnectionCount::peer_of(boost::asio::ip::make_address(address));
}

TEST(ConnectionCount, CountsAllAndThoseOfAPeerAndForgetsPeersThatAreGone) {
  const auto count = std::make_shared<ConnectionCount>();
  const ConnectionCount::Place first(count, peer("192.0.2.1"));
  std::optional<ConnectionCount::Place> second(std::in_place, count, peer("192.0.2.1"));
  std::optional<ConnectionCount::Place> other(std::in_place, count, peer("192.0.2.2"));
  EXPECT_EQ(second->of_peer(), 2u);
  EXPECT_EQ(other->of_peer(), 1u);
  EXPECT_EQ(other->total(), 3u);
  EXPECT_EQ(count->peers(), 2u);
  const ConnectionCount::Place moved(std::move(*other));
  other.reset();
  second.reset();
  EXPECT_EQ(count->total(), 2u);
  EXPECT_EQ(count->peers(), 2u);
  EXPECT_EQ(ConnectionCount::Place(count, peer("192.0.2.1")).of_peer(), 2u);
}

TEST(ConnectionCount, APeerIsAnIpv4AddressOrTheNetworkOfAnIpv6One) {
  EXPECT_NE(peer("192.0.2.1"), peer("192.0.2.2"));
  EXPECT_EQ(peer("192.0.2.1"), peer("::ffff:192.0.2.1"));
  EXPECT_NE(peer("::ffff:192.0.2.1"), peer("::ffff:192.0.2.2"));
  EXPECT_EQ(peer("2001:db8:1:2::1"), peer("2001:db8:1:2:ffff::9"));
  EXPECT_NE(peer("2001:db8:1:2::1"), peer("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace waypost::net
