#include "waypost/net/egress.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "net/host_name.hpp"
#include "waypost/net/address_block.hpp"

namespace waypost::net {

namespace ip = asio::ip;

namespace {

/// What a setting opens or closes.
struct Entry {
  std::string host;  ///< an exact name, or "" for a block
  AddressBlock block;
};

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

struct ParsedBlock {
  AddressBlock block;
  Tier tier;
  std::string_view what;
};

const ParsedBlock* find_block(const ip::address& address) {
  static const auto parsed = [] {
    std::vector<ParsedBlock> all;
    for (const Block& block : blocks) {
      all.push_back({{ip::make_address(std::string(block.network)), block.prefix}, block.tier, block.what});
    }
    return all;
  }();
  const auto found =
      std::ranges::find_if(parsed, [&](const ParsedBlock& one) { return one.block.contains(address); });
  return found == parsed.end() ? nullptr : &*found;
}

bool matches(const Entry& entry, std::string_view host, const ip::address& address) {
  return entry.host.empty() ? entry.block.contains(address) : entry.host == host;
}

std::string text_of(const Entry& entry) {
  return entry.host.empty() ? entry.block.to_string() : entry.host;
}

using EntryResult = std::expected<Entry, std::string>;

EntryResult read_entry(std::string_view text) {
  auto block = AddressBlock::parse(text);
  if (block) return Entry{.host = {}, .block = *block};
  if (text.contains('/')) return std::unexpected(std::move(block.error()));
  std::string host = normal_host(text);
  if (!is_host_name(host) || looks_numeric(host)) {
    return std::unexpected("is neither a CIDR block (10.0.0.0/8), an address nor an exact host name");
  }
  return Entry{.host = std::move(host), .block = {}};
}

Result<std::vector<Entry>> read_entries(std::string_view setting, const std::vector<std::string>& texts) {
  std::vector<Entry> entries;
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
  const std::string own = fmt::format("egress.allow = [\"{}/{}\"]", judged.to_string(), address_bits(judged));
  if (block.tier == Tier::private_)
    return fmt::format("set egress.allow_private = true or {} to open it", own);
  return fmt::format("only {}, another block within {} or the exact host name there would open it", own,
                     block.block.to_string());
}

}  // namespace

struct EgressPolicy::Rules {
  std::vector<Entry> allow, deny;
  bool allow_private = false;
};

struct EgressPolicy::Current {
  struct Counts {
    std::atomic<std::uint64_t> denied = 0, private_ = 0, forbidden = 0;
  };
  mutable std::mutex mutex;
  std::shared_ptr<const Rules> rules;
  Counts refused{};
};

EgressPolicy::EgressPolicy(std::shared_ptr<const Rules> rules) : current_(std::make_unique<Current>()) {
  current_->rules = std::move(rules);
}
EgressPolicy::EgressPolicy() : EgressPolicy(std::make_shared<const Rules>()) {}
EgressPolicy::~EgressPolicy() = default;
EgressPolicy::EgressPolicy(EgressPolicy&&) noexcept = default;
EgressPolicy& EgressPolicy::operator=(EgressPolicy&&) noexcept = default;

std::shared_ptr<const EgressPolicy::Rules> EgressPolicy::rules() const {
  const std::scoped_lock lock(current_->mutex);
  return current_->rules;
}

void EgressPolicy::replace(const EgressPolicy& other) {
  auto rules = other.rules();
  const std::scoped_lock lock(current_->mutex);
  current_->rules = std::move(rules);
}

Result<EgressPolicy> EgressPolicy::make(const std::vector<std::string>& allow,
                                        const std::vector<std::string>& deny, bool allow_private) {
  auto allowed = read_entries("egress.allow", allow);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  auto denied = read_entries("egress.deny", deny);
  if (!denied) return std::unexpected(std::move(denied.error()));
  return EgressPolicy(std::make_shared<const Rules>(
      Rules{.allow = std::move(*allowed), .deny = std::move(*denied), .allow_private = allow_private}));
}

Result<void> EgressPolicy::judge(std::string_view host, const ip::address& address) const {
  const auto rules = this->rules();
  const ip::address judged = plain_address(address);
  const std::string name = normal_host(host);
  for (const Entry& entry : rules->deny) {
    if (!matches(entry, name, judged)) continue;
    ++current_->refused.denied;
    return fail(Code::egress_forbidden, fmt::format("{} is denied by egress.deny entry '{}'",
                                                    describe_address(host, address), text_of(entry)));
  }
  const ParsedBlock* block = find_block(judged);
  if (block == nullptr || (block->tier == Tier::private_ && rules->allow_private)) return {};
  for (const Entry& entry : rules->allow) {
    const bool narrow =
        !entry.host.empty() || block->tier == Tier::private_ || entry.block.prefix >= block->block.prefix;
    if (narrow && matches(entry, name, judged)) return {};
  }
  const std::string_view tier = block->tier == Tier::private_ ? "private" : "forbidden";
  ++(block->tier == Tier::private_ ? current_->refused.private_ : current_->refused.forbidden);
  return fail(Code::egress_forbidden,
              fmt::format("{} is {} ({}, {}); {}", describe_address(host, address), tier,
                          block->block.to_string(), block->what, remedy(*block, judged)));
}

EgressRefusals EgressPolicy::refusals() const {
  const auto& refused = current_->refused;
  return {.denied = refused.denied, .private_ = refused.private_, .forbidden = refused.forbidden};
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
  const auto rules = this->rules();
  for (const Entry& entry : rules->deny) {
    if (entry.host.empty() || entry.host != url->host) continue;
    ++current_->refused.denied;
    return fail(Code::egress_forbidden,
                fmt::format("{} is denied by egress.deny entry '{}'", url->host, entry.host));
  }
  return url;
}

}  // namespace waypost::net
