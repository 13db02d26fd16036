#include "waypost/app/config.hpp"

#include <boost/asio/ip/address.hpp>

#include "app/config_keys.hpp"

namespace waypost::app {

namespace ip = boost::asio::ip;

std::string ListenAddress::to_string() const {
  return address.contains(':') ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  ListenAddress out;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;

  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code malformed;
  const auto address = ip::make_address(std::string(host), malformed);
  if (malformed || address.is_v6() != bracketed) return std::nullopt;
  out.address = address.to_string();
  return out;
}

bool ListenAddress::is_loopback() const {
  return ip::make_address(address).is_loopback();
}

std::optional<net::TlsFiles> Config::tls_files() const {
  if (!tls.certificate || !tls.key) return std::nullopt;
  return net::TlsFiles{.certificate = data_dir / *tls.certificate,
                       .key = data_dir / *tls.key,
                       .client_ca = tls.client_ca ? data_dir / *tls.client_ca : std::filesystem::path(),
                       .client_auth = tls.client_auth};
}

std::filesystem::path Config::database_path() const {
  return data_dir / std::string_view(store.url).substr(std::string_view("sqlite:").size());
}

std::filesystem::path Config::secret_key_path() const {
  return data_dir / secrets.key_file;
}

std::uint32_t thread_count(std::uint32_t configured) {
  return configured != 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

namespace {

std::string row(const LoadedConfig& loaded, const Key& key, const std::string& name,
                const std::string& segment) {
  const auto value = key.show(loaded.config, segment);
  if (!value) return {};
  const auto origin = loaded.origins.find(name);
  return fmt::format("{:<60} # {}\n", fmt::format("{} = {}", name, *value),
                     origin == loaded.origins.end() ? "default" : origin->second);
}

}  // namespace

std::string print_config(const LoadedConfig& loaded) {
  const auto data_dir = loaded.origins.find("data_dir");
  std::string out = fmt::format("# data directory: {} ({})\n", loaded.config.data_dir.string(),
                                data_dir == loaded.origins.end() ? "default" : data_dir->second);
  for (const Key& key : config_keys()) {
    if (!key.supported) continue;
    for (const std::string& segment : names_of(loaded.config, key))
      out += row(loaded, key, name_of(key, segment), segment);
  }
  return out;
}

}  // namespace waypost::app
