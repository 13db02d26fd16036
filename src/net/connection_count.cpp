#include "waypost/net/connection_count.hpp"

#include <algorithm>

namespace waypost::net {

ConnectionCount::Peer ConnectionCount::peer_of(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  if (address.is_v4()) return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
  Peer peer = address.to_v6().to_bytes();
  if (!address.to_v6().is_v4_mapped()) std::fill(peer.begin() + 8, peer.end(), 0);
  return peer;
}

ConnectionCount::Place::Place(std::shared_ptr<ConnectionCount> count, const Peer& peer)
    : count_(std::move(count)), peer_(peer) {
  const std::scoped_lock lock(count_->mutex_);
  total_ = ++count_->total_;
  of_peer_ = ++count_->by_peer_[peer_];
}

ConnectionCount::Place::~Place() {
  if (!count_) return;
  const std::scoped_lock lock(count_->mutex_);
  --count_->total_;
  const auto found = count_->by_peer_.find(peer_);
  if (--found->second == 0) count_->by_peer_.erase(found);
}

std::string_view to_string(Cut why) {
  static constexpr std::array<std::string_view, cut_count> names{
      "total", "address", "slow_tls", "slow_header", "slow_body", "slow_reader", "idle"};
  return names.at(static_cast<std::size_t>(why));
}

Cuts ConnectionCount::cuts() const {
  Cuts cuts{};
  for (std::size_t i = 0; i < cut_count; ++i) cuts[i] = cuts_[i].load(std::memory_order_relaxed);
  return cuts;
}

std::size_t ConnectionCount::total() const {
  const std::scoped_lock lock(mutex_);
  return total_;
}

std::size_t ConnectionCount::peers() const {
  const std::scoped_lock lock(mutex_);
  return by_peer_.size();
}

}  // namespace waypost::net
