#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <map>
#include <memory>
#include <mutex>

namespace waypost::net {

/// Counts the connections of the servers that share it: all, and those of each peer. A peer is an IPv4
/// address, or the /64 of an IPv6 address, as that is what one customer gets. Any thread.
class ConnectionCount {
 public:
  using Peer = std::array<unsigned char, 16>;
  static Peer peer_of(const boost::asio::ip::address& address);

  /// One connection's place, given back when this ends.
  class Place {
   public:
    Place(std::shared_ptr<ConnectionCount> count, const Peer& peer);
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place();
    /// As they were when this one was counted, with it.
    std::size_t total() const { return total_; }
    std::size_t of_peer() const { return of_peer_; }

   private:
    std::shared_ptr<ConnectionCount> count_;
    Peer peer_;
    std::size_t total_ = 0, of_peer_ = 0;
  };

  std::size_t total() const;
  std::size_t peers() const;

  /// Connections that were turned away: because there were as many as there may be at all, or of one peer.
  struct Refused {
    std::atomic<std::uint64_t> for_total = 0, for_peer = 0;
  };
  Refused& refused() { return refused_; }

 private:
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::map<Peer, std::size_t> by_peer_;
  Refused refused_;
};

}  // namespace waypost::net
