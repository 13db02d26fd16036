#include "waypost/net/egress.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/host_name.hpp"

namespace waypost::net {

namespace ip = asio::ip;

namespace {

enum class Tier { private_, forbidden };

struct Block {
  std::string_view network;  ///< as in the message
  int prefix;
  Tier tier;
  std::string_view what;
};

/// Contract §4. Narrower blocks stand before wider ones that hold them; what is in no row is public.
constexpr std::array blocks{
    Block{"0.0.0.0", 8, Tier::forbidden, "this network"},
    Block{"10.0.0.0", 8, Tier::private_, "a private network"},
    Block{"100.100.100.200", 32, Tier::forbidden, "a metadata service"},
    Block{"100.64.0.0", 10, Tier::private_, "carrier-grade NAT"},
    Block{"127.0.0.0", 8, Tier::forbidden, "loopback"},
    Block{"169.254.0.0", 16, Tier::forbidden, "link-local, with metadata services"},
    Block{"172.16.0.0", 12, Tier::private_, "a private network"},
    Block{"192.0.0.0", 24, Tier::forbidden, "protocol assignments"},
    Block{"192.0.2.0", 24, Tier::forbidden, "documentation"},
    Block{"192.88.99.0", 24, Tier::forbidden, "6to4 relays"},
    Block{"192.168.0.0", 16, Tier::private_, "a private network"},
    Block{"198.18.0.0", 15, Tier::forbidden, "benchmarking"},
    Block{"198.51.100.0", 24, Tier::forbidden, "documentation"},
    Block{"203.0.113.0", 24, Tier::forbidden, "documentation"},
    Block{"224.0.0.0", 4, Tier::forbidden, "multicast"},
    Block{"240.0.0.0", 4, Tier::forbidden, "reserved, with broadcast"},
    Block{"::1", 128, Tier::forbidden, "loopback"},
    Block{"::", 96, Tier::forbidden, "unspecified and IPv4-compatible"},
    Block{"64:ff9b::", 96, Tier::forbidden, "NAT64"},
    Block{"64:ff9b:1::", 48, Tier::forbidden, "local NAT64"},
    Block{"100::", 64, Tier::forbidden, "discard only"},
    Block{"2001::", 32, Tier::forbidden, "Teredo"},
    Block{"2001:db8::", 32, Tier::forbidden, "documentation"},
    Block{"2002::", 16, Tier::forbidden, "6to4"},
    Block{"3fff::", 20, Tier::forbidden, "documentation"},
    Block{"5f00::", 16, Tier::forbidden, "segment routing"},
    Block{"fd00:ec2::254", 128, Tier::forbidden, "a metadata service"},
    Block{"fc00::", 7, Tier::private_, "a private network"},
    Block{"fe80::", 10, Tier::forbidden, "link-local"},
    Block{"fec0::", 10, Tier::forbidden, "site-local"},
    Block{"ff00::", 8, Tier::forbidden, "multicast"},
};

bool same_bits(const unsigned char* a, const unsigned char* b, int bits) {
  const int whole = bits / 8;
  if (!std::equal(a, a + whole, b)) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

bool contains(const ip::address& network, int prefix, const ip::address& address) {
  if (network.is_v4() != address.is_v4()) return false;
  if (network.is_v4()) {
    return same_bits(network.to_v4().to_bytes().data(), address.to_v4().to_bytes().data(), prefix);
  }
  return same_bits(network.to_v6().to_bytes().data(), address.to_v6().to_bytes().data(), prefix);
}

/// The IPv4 address inside an IPv4-mapped (::ffff:a.b.c.d) or -translated (::ffff:0:a.b.c.d) one.
std::optional<ip::address_v4> embedded_v4(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  static constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::array<unsigned char, 12> translated{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
  if (!std::equal(mapped.begin(), mapped.end(), bytes.begin()) &&
      !std::equal(translated.begin(), translated.end(), bytes.begin())) {
    return std::nullopt;
  }
  return ip::address_v4(ip::address_v4::bytes_type{bytes[12], bytes[13], bytes[14], bytes[15]});
}

ip::address judged_form(const ip::address& address) {
  if (!address.is_v6()) return address;
  if (const auto v4 = embedded_v4(address.to_v6())) return *v4;
  // A scope id takes no part in the judgement.
  return ip::address_v6(address.to_v6().to_bytes());
}

struct ParsedBlock {
  ip::address network;
  int prefix;
  Tier tier;
  std::string text;
  std::string_view what;
};

const ParsedBlock* find_block(const ip::address& address) {
  static const auto parsed = [] {
    std::vector<ParsedBlock> all;
    for (const Block& block : blocks) {
      all.push_back({ip::make_address(std::string(block.network)), block.prefix, block.tier,
                     fmt::format("{}/{}", block.network, block.prefix), block.what});
    }
    return all;
  }();
  const auto found = std::ranges::find_if(
      parsed, [&](const ParsedBlock& block) { return contains(block.network, block.prefix, address); });
  return found == parsed.end() ? nullptr : &*found;
}

bool matches(const EgressPolicy::Entry& entry, std::string_view host, const ip::address& address) {
  return entry.host.empty() ? contains(entry.address, entry.prefix, address) : entry.host == host;
}

std::string text_of(const EgressPolicy::Entry& entry) {
  return entry.host.empty() ? fmt::format("{}/{}", entry.address.to_string(), entry.prefix) : entry.host;
}

int width(const ip::address& address) {
  return address.is_v4() ? 32 : 128;
}

/// The block with the bits behind its prefix cleared.
ip::address masked(const ip::address& address, int prefix) {
  const auto clear = [prefix](auto bytes) {
    for (int bit = prefix; bit < static_cast<int>(bytes.size()) * 8; ++bit) {
      auto& byte = bytes[static_cast<std::size_t>(bit / 8)];
      byte = static_cast<unsigned char>(byte & ~(0x80 >> bit % 8));
    }
    return bytes;
  };
  if (address.is_v4()) return ip::address_v4(clear(address.to_v4().to_bytes()));
  return ip::address_v6(clear(address.to_v6().to_bytes()));
}

using EntryResult = std::expected<EgressPolicy::Entry, std::string>;

EntryResult read_block(std::string_view network, std::string_view prefix_text) {
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(network), error);
  if (error) return std::unexpected("is not a CIDR block such as 10.0.0.0/8");
  int prefix = 0;
  const char* end = prefix_text.data() + prefix_text.size();
  const auto [stop, bad] = std::from_chars(prefix_text.data(), end, prefix);
  if (bad != std::errc{} || stop != end || prefix < 0 || prefix > width(address)) {
    return std::unexpected(fmt::format("needs a prefix length between 0 and {}", width(address)));
  }
  if (masked(address, prefix) != address) {
    return std::unexpected(fmt::format("has bits set behind its prefix; did you mean {}/{}?",
                                       masked(address, prefix).to_string(), prefix));
  }
  const auto v4 = address.is_v6() && prefix >= 96 ? embedded_v4(address.to_v6()) : std::nullopt;
  if (v4) return EgressPolicy::Entry{.host = {}, .address = *v4, .prefix = prefix - 96};
  return EgressPolicy::Entry{.host = {}, .address = address, .prefix = prefix};
}

EntryResult read_entry(std::string_view text) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    return read_block(text.substr(0, slash), text.substr(slash + 1));
  }
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(text), error);
  if (!error) {
    const auto judged = judged_form(address);
    return EgressPolicy::Entry{.host = {}, .address = judged, .prefix = width(judged)};
  }
  std::string host = normal_host(text);
  if (!is_host_name(host) || looks_numeric(host)) {
    return std::unexpected("is neither a CIDR block (10.0.0.0/8), an address nor an exact host name");
  }
  return EgressPolicy::Entry{.host = std::move(host)};
}

Result<std::vector<EgressPolicy::Entry>> read_entries(std::string_view setting,
                                                      const std::vector<std::string>& texts) {
  std::vector<EgressPolicy::Entry> entries;
  for (const auto& text : texts) {
    auto entry = read_entry(text);
    if (!entry)
      return fail(Code::validation_failed, fmt::format("{}: '{}' {}", setting, text, entry.error()));
    entries.push_back(std::move(*entry));
  }
  return entries;
}

/// "10.1.2.3", or "10.1.2.3 (of intranet.example)" when a name led there.
std::string describe_address(std::string_view host, const ip::address& address) {
  const std::string text = address.to_string();
  return host.empty() || host == text ? text : fmt::format("{} (of {})", text, host);
}

std::string remedy(const ParsedBlock& block, const ip::address& judged) {
  const std::string own = fmt::format("egress.allow = [\"{}/{}\"]", judged.to_string(), width(judged));
  if (block.tier == Tier::private_)
    return fmt::format("set egress.allow_private = true or {} to open it", own);
  return fmt::format("only {}, another block within {} or the exact host name there would open it", own,
                     block.text);
}

}  // namespace

Result<EgressPolicy> EgressPolicy::make(const std::vector<std::string>& allow,
                                        const std::vector<std::string>& deny, bool allow_private) {
  auto allowed = read_entries("egress.allow", allow);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  auto denied = read_entries("egress.deny", deny);
  if (!denied) return std::unexpected(std::move(denied.error()));
  EgressPolicy policy;
  policy.allow_ = std::move(*allowed);
  policy.deny_ = std::move(*denied);
  policy.allow_private_ = allow_private;
  return policy;
}

Result<void> EgressPolicy::judge(std::string_view host, const ip::address& address) const {
  const ip::address judged = judged_form(address);
  const std::string name = normal_host(host);
  for (const Entry& entry : deny_) {
    if (!matches(entry, name, judged)) continue;
    ++counts_->denied;
    return fail(Code::egress_forbidden, fmt::format("{} is denied by egress.deny entry '{}'",
                                                    describe_address(host, address), text_of(entry)));
  }
  const ParsedBlock* block = find_block(judged);
  if (block == nullptr || (block->tier == Tier::private_ && allow_private_)) return {};
  for (const Entry& entry : allow_) {
    const bool narrow = !entry.host.empty() || block->tier == Tier::private_ || entry.prefix >= block->prefix;
    if (narrow && matches(entry, name, judged)) return {};
  }
  const std::string_view tier = block->tier == Tier::private_ ? "private" : "forbidden";
  ++(block->tier == Tier::private_ ? counts_->private_ : counts_->forbidden);
  return fail(Code::egress_forbidden, fmt::format("{} is {} ({}, {}); {}", describe_address(host, address),
                                                  tier, block->text, block->what, remedy(*block, judged)));
}

EgressRefusals EgressPolicy::refusals() const {
  return {.denied = counts_->denied, .private_ = counts_->private_, .forbidden = counts_->forbidden};
}

Result<Url> EgressPolicy::check(std::string_view text) const {
  auto url = parse_url(text);
  if (!url) return url;
  boost::system::error_code error;
  const auto address = ip::make_address(url->host, error);
  if (!error) {
    if (auto judged = judge(url->host, address); !judged) return std::unexpected(std::move(judged.error()));
    return url;
  }
  for (const Entry& entry : deny_) {
    if (entry.host.empty() || entry.host != url->host) continue;
    ++counts_->denied;
    return fail(Code::egress_forbidden,
                fmt::format("{} is denied by egress.deny entry '{}'", url->host, entry.host));
  }
  return url;
}

}  // namespace waypost::net
