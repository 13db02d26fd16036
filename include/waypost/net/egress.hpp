#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"

namespace waypost::net {

namespace asio = boost::asio;

/// An absolute http or https URL, taken apart.
struct Url {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case, without brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query, at least "/"
  bool secure() const { return scheme == "https"; }
  /// host:port as a Host header has it: the port only when it is not the scheme's.
  std::string authority() const;
};

/// Reads an absolute URL. Refuses with Code::validation_failed other schemes, credentials, zone ids, control
/// characters, a missing host, port 0, numeric oddities ("http://2130706433/", "0x7f.1", octal) that other
/// software reads as addresses. A fragment is dropped.
Result<Url> parse_url(std::string_view text);

/// How often the guard refused an address, by what forbids it.
struct EgressRefusals {
  std::uint64_t denied = 0;     ///< an entry of `egress.deny`
  std::uint64_t private_ = 0;   ///< the private tier
  std::uint64_t forbidden = 0;  ///< the forbidden tier
};

/// Where requests that others ask us to make may go: one guard for webhooks, `http` operations and manifest
/// URLs. Immutable, but for its counts; any thread.
class EgressPolicy {
 public:
  /// `allow` and `deny`: CIDR blocks or exact host names. Fails with the entry at fault.
  static Result<EgressPolicy> make(const std::vector<std::string>& allow,
                                   const std::vector<std::string>& deny, bool allow_private);
  /// Judges one address that `host` resolved to. Refuses with Code::egress_forbidden, naming the tier
  /// ("private" or "forbidden"), the block and the setting that would open it.
  Result<void> judge(std::string_view host, const asio::ip::address& address) const;
  /// For a URL at creation: its syntax, the address when the host is a literal, the name when it is denied.
  Result<Url> check(std::string_view url) const;

  EgressRefusals refusals() const;

  struct Entry;

 private:
  struct Counts {
    std::atomic<std::uint64_t> denied = 0, private_ = 0, forbidden = 0;
  };
  std::unique_ptr<Counts> counts_ = std::make_unique<Counts>();
  std::vector<Entry> allow_, deny_;
  bool allow_private_ = false;
};

struct EgressPolicy::Entry {
  std::string host;  ///< an exact name, or "" for a block
  asio::ip::address address;
  int prefix = 0;
};

/// Resolves the URL's host once and judges every address: those allowed, or egress_forbidden when any is
/// forbidden (a name with one bad address is not to be trusted with the others). A name that does not resolve
/// is Code::not_found. Runs on the caller's executor without blocking it.
asio::awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> resolve(const Url& url,
                                                                      const EgressPolicy& policy);

/// For creation time: `check`, and when the name resolves within `limit`, the judgement of its addresses. A
/// name that does not resolve yet is accepted.
asio::awaitable<Result<Url>> check_reachable(std::string url, const EgressPolicy& policy,
                                             std::chrono::milliseconds limit);

}  // namespace waypost::net
