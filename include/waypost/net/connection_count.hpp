#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

namespace waypost::net {

/// Why the server ended a connection that its client would have kept.
enum class Cut : std::uint8_t {
  total,    ///< turned away: there were as many as there may be
  address,  ///< turned away: there were as many of one peer as there may be
  tls,      ///< no TLS was agreed on in time
  header,   ///< the head of a request took too long
  body,     ///< a body stopped, or came too slowly
  reader,   ///< a response was not taken, or too slowly
  idle,     ///< no further request came in time
};
constexpr std::size_t cut_count = 7;
/// "total", "slow_header": the label of the metric.
std::string_view to_string(Cut why);
/// By reason.
using Cuts = std::array<std::uint64_t, cut_count>;

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

  /// Notes that a connection was cut off.
  void cut(Cut why) { cuts_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed); }
  /// How many were, since the start.
  Cuts cuts() const;

 private:
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::map<Peer, std::size_t> by_peer_;
  std::array<std::atomic<std::uint64_t>, cut_count> cuts_{};
};

}  // namespace waypost::net
