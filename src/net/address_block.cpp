#include "waypost/net/address_block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace waypost::net {

namespace ip = boost::asio::ip;

namespace {

bool same_bits(const unsigned char* a, const unsigned char* b, int bits) {
  const int whole = bits / 8;
  if (!std::equal(a, a + whole, b)) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

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

}  // namespace

int address_bits(const ip::address& address) {
  return address.is_v4() ? 32 : 128;
}

ip::address plain_address(const ip::address& address) {
  if (!address.is_v6()) return address;
  if (const auto v4 = embedded_v4(address.to_v6())) return *v4;
  return ip::address_v6(address.to_v6().to_bytes());
}

bool AddressBlock::contains(const ip::address& address) const {
  if (network.is_v4() != address.is_v4()) return false;
  if (network.is_v4()) {
    return same_bits(network.to_v4().to_bytes().data(), address.to_v4().to_bytes().data(), prefix);
  }
  return same_bits(network.to_v6().to_bytes().data(), address.to_v6().to_bytes().data(), prefix);
}

std::string AddressBlock::to_string() const {
  return fmt::format("{}/{}", network.to_string(), prefix);
}

std::expected<AddressBlock, std::string> AddressBlock::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return std::unexpected("is not a CIDR block such as 10.0.0.0/8");
  if (slash == std::string_view::npos) {
    const auto plain = plain_address(address);
    return AddressBlock{.network = plain, .prefix = address_bits(plain)};
  }
  const std::string_view digits = text.substr(slash + 1);
  const char* end = digits.data() + digits.size();
  int prefix = 0;
  const auto [stop, bad] = std::from_chars(digits.data(), end, prefix);
  if (bad != std::errc{} || stop != end || prefix < 0 || prefix > address_bits(address)) {
    return std::unexpected(fmt::format("needs a prefix length between 0 and {}", address_bits(address)));
  }
  if (masked(address, prefix) != address) {
    return std::unexpected(fmt::format("has bits set behind its prefix; did you mean {}/{}?",
                                       masked(address, prefix).to_string(), prefix));
  }
  const auto v4 = address.is_v6() && prefix >= 96 ? embedded_v4(address.to_v6()) : std::nullopt;
  if (v4) return AddressBlock{.network = *v4, .prefix = prefix - 96};
  return AddressBlock{.network = address, .prefix = prefix};
}

}  // namespace waypost::net
