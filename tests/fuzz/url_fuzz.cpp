// Addresses that others ask us to call: a URL that is taken says the same when it is written down and read
// again, an address that a policy without exceptions lets pass is not one of those that it names, and an IPv4
// address is judged alike in each of its IPv6 forms.

#include <string>
#include <vector>

#include "check.hpp"
#include "waypost/base/text.hpp"
#include "waypost/net/egress.hpp"

namespace {

using namespace waypost;
using namespace waypost::net;
namespace ip = boost::asio::ip;

const EgressPolicy& strict() {
  static const EgressPolicy policy = *EgressPolicy::make({}, {}, false);
  return policy;
}

void read_url(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return;
  require(url->scheme == "http" || url->scheme == "https");
  require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
  require(url->host == text::lower_ascii(url->host));
  for (const char c : url->host + url->target) require(c > ' ' && c != 0x7f);
  const auto again = parse_url(url->scheme + "://" + url->authority() + url->target);
  require(again && again->host == url->host && again->port == url->port && again->target == url->target);
  static_cast<void>(strict().check(text));
}

/// The bytes as addresses of both kinds.
void judge(std::string_view bytes) {
  if (bytes.size() < 16) return;
  ip::address_v4::bytes_type four{};
  ip::address_v6::bytes_type six{};
  for (std::size_t i = 0; i < 16; ++i) six[i] = static_cast<unsigned char>(bytes[i]);
  for (std::size_t i = 0; i < 4; ++i) four[i] = six[i];
  const ip::address_v4 v4(four);
  const bool passes = strict().judge("host", v4).has_value();
  require(!passes || !(v4.is_loopback() || v4.is_multicast() || v4.is_unspecified()));
  require(passes == strict().judge("host", ip::make_address_v6(ip::v4_mapped, v4)).has_value());
  const ip::address_v6 v6(six);
  if (strict().judge("host", v6))
    require(!(v6.is_loopback() || v6.is_link_local() || v6.is_multicast() || v6.is_site_local() ||
              v6.is_unspecified()));
}

/// The text as an entry of egress.allow: a host's name opens no other host, and no block but one of
/// loopback's opens loopback.
void read_entry(std::string_view text) {
  const auto policy = EgressPolicy::make({std::string(text)}, {}, false);
  if (!policy) return;
  constexpr std::string_view other = "host-of-nobody";
  if (text::lower_ascii(text).starts_with(other)) return;  // with a dot at its end it is the same host
  const bool opens_loopback = policy->judge(other, ip::make_address("127.0.0.1")).has_value();
  require(!opens_loopback || text.contains("127.") || text.contains("7f") || text.contains("7F"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  read_url(text);
  judge(text);
  read_entry(text);
  return 0;
}
