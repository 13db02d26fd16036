#include "waypost/net/trusted_proxies.hpp"

#include <algorithm>
#include <optional>

#include "net/characters.hpp"
#include "waypost/base/text.hpp"

namespace waypost::net {

namespace ip = boost::asio::ip;
using Hops = std::vector<std::string>;

namespace {

/// The parts of `text` between separators that stand outside quotes (RFC 9110 §5.6.4).
std::vector<std::string_view> split_unquoted(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == separator) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string unquote(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  std::string text;
  for (std::size_t i = 1; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    text += value[i];
  }
  return text;
}

/// The `for` of each element (RFC 7239 §4), "" where it has none.
Hops forwarded_hops(std::string_view field) {
  Hops hops;
  for (const std::string_view element : split_unquoted(field, ',')) {
    std::string node;
    for (const std::string_view pair : split_unquoted(element, ';')) {
      const std::string_view parameter = characters::trim_blanks(pair);
      const std::size_t equals = parameter.find('=');
      if (equals != std::string_view::npos && text::iequals(parameter.substr(0, equals), "for"))
        node = unquote(parameter.substr(equals + 1));
    }
    hops.push_back(std::move(node));
  }
  return hops;
}

Hops listed_hops(std::string_view field) {
  Hops hops;
  for (const std::string_view element : text::split(field, ','))
    hops.emplace_back(characters::trim_blanks(element));
  return hops;
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
/// Nothing for `unknown` and for obfuscated names (RFC 7239 §6).
std::optional<ip::address> address_of(std::string_view hop) {
  if (hop.starts_with('[')) {
    hop = hop.substr(1, hop.find(']') - 1);
  } else if (std::ranges::count(hop, ':') == 1) {
    hop = hop.substr(0, hop.find(':'));
  }
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(hop), error);
  if (error) return std::nullopt;
  return plain_address(address);
}

}  // namespace

Result<TrustedProxies> TrustedProxies::make(const std::vector<std::string>& blocks) {
  TrustedProxies proxies;
  for (const std::string& text : blocks) {
    auto block = AddressBlock::parse(text);
    if (!block) return fail(Code::validation_failed, "'" + text + "' " + block.error());
    proxies.blocks_.push_back(*block);
  }
  return proxies;
}

bool TrustedProxies::trust(const ip::address& address) const {
  return std::ranges::any_of(blocks_, [&](const AddressBlock& block) { return block.contains(address); });
}

ip::address TrustedProxies::right_most_untrusted(const Hops& hops, const ip::address& peer) const {
  ip::address client = peer;
  for (auto hop = hops.rbegin(); hop != hops.rend() && trust(client); ++hop) {
    const auto address = address_of(*hop);
    if (!address) break;
    client = *address;
  }
  return client;
}

ip::address TrustedProxies::client_of(const RequestHead& head, const ip::address& peer) const {
  const auto forwarded = head.joined("forwarded");
  const auto listed = head.joined("x-forwarded-for");
  if (!forwarded && !listed) return peer;
  if (!forwarded) return right_most_untrusted(listed_hops(*listed), peer);
  const auto client = right_most_untrusted(forwarded_hops(*forwarded), peer);
  if (!listed) return client;
  return right_most_untrusted(listed_hops(*listed), peer) == client ? client : peer;
}

}  // namespace waypost::net
