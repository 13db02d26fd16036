#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>

#include "net/characters.hpp"
#include "net/host_name.hpp"
#include "waypost/base/text.hpp"
#include "waypost/net/egress.hpp"

namespace waypost::net {

using namespace characters;

namespace {

constexpr std::size_t max_url = 8192;

std::unexpected<Error> bad_url(std::string_view url, std::string_view why) {
  // Long or unprintable input is not repeated back.
  const bool shown = url.size() <= 200 && is_visible_ascii(url);
  return fail(Code::validation_failed,
              shown ? fmt::format("the URL '{}' {}", url, why) : fmt::format("the URL {}", why));
}

/// host[:port] of an authority.
struct HostPort {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
};

std::optional<HostPort> split_authority(std::string_view authority) {
  if (!authority.starts_with('[')) {
    const std::size_t colon = authority.find(':');
    if (colon == std::string_view::npos) return HostPort{.host = authority};
    return HostPort{.host = authority.substr(0, colon), .port = authority.substr(colon + 1)};
  }
  const std::size_t bracket = authority.find(']');
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::string_view rest = authority.substr(bracket + 1);
  if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
  return HostPort{
      .host = authority.substr(1, bracket - 1), .port = rest.substr(rest.empty() ? 0 : 1), .bracketed = true};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

/// The host as it is kept, or why it cannot be one.
std::expected<std::string, std::string_view> read_host(const HostPort& parts) {
  if (parts.host.empty()) return std::unexpected("has no host");
  if (parts.bracketed) {
    if (parts.host.contains('%'))
      return std::unexpected("has a zone id, which means something on one machine only");
    boost::system::error_code error;
    const auto address = asio::ip::make_address_v6(std::string(parts.host), error);
    if (error) return std::unexpected("has a bad IPv6 address between its brackets");
    return address.to_string();
  }
  const std::string host = normal_host(parts.host);
  if (looks_numeric(host)) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address_v4(host, error);
    if (error || address.to_string() != host) {
      return std::unexpected(
          "has a host that is a number but not an IPv4 address in its usual form, as in 192.0.2.1");
    }
    return host;
  }
  if (!is_host_name(host)) {
    return std::unexpected("has a host that is no name of letters, digits, hyphens and dots");
  }
  return host;
}

}  // namespace

std::string normal_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return text::lower_ascii(host);
}

bool looks_numeric(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (last.empty()) return false;
  if (last.find_first_not_of("0123456789") == std::string_view::npos) return true;
  return last.starts_with("0x") && last.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const std::string_view label : text::split(host, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    // The underscore is no host name's, but container networks use it.
    if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string_view::npos)
      return false;
  }
  return true;
}

std::string Url::authority() const {
  std::string text = host.contains(':') ? "[" + host + "]" : host;
  if (port != (secure() ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > max_url) return bad_url(text, fmt::format("is longer than {} bytes", max_url));
  const std::size_t separator = text.find("://");
  if (separator == std::string_view::npos)
    return bad_url(text, "is not absolute; it must start with http:// or https://");
  Url url{.scheme = text::lower_ascii(text.substr(0, separator))};
  if (url.scheme != "http" && url.scheme != "https")
    return bad_url(text, "has another scheme than http or https");

  const std::string_view rest = text.substr(separator + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#\\"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  std::string_view target = rest.substr(authority_end);
  if (std::ranges::any_of(authority, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return bad_url(text, "has a host with letters outside ASCII; write it in punycode (xn--…)");
  }
  if (!is_visible_ascii(authority) && !authority.empty())
    return bad_url(text, "has a blank or control character");
  if (!target.empty() && !is_visible_ascii(target)) {
    return bad_url(text, "has a blank, a control character or a letter outside ASCII; percent-encode it");
  }
  if (target.contains('\\')) return bad_url(text, "has a backslash; percent-encode it, or use a slash");
  if (authority.contains('@')) return bad_url(text, "has credentials before its host; send them in a header");

  const auto parts = split_authority(authority);
  if (!parts) return bad_url(text, "has a bracket out of place in its host");
  auto host = read_host(*parts);
  if (!host) return bad_url(text, host.error());
  url.host = std::move(*host);
  const auto port =
      parts->port.empty() ? std::optional<std::uint16_t>(url.secure() ? 443 : 80) : parse_port(parts->port);
  if (!port) return bad_url(text, "has a port that is not between 1 and 65535");
  url.port = *port;
  target = target.substr(0, target.find('#'));
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

}  // namespace waypost::net
