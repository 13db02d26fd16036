#include "app/command_line.hpp"

namespace waypost::app {
namespace {

/// Where a service with this configuration is reached from this machine.
std::string local_url(const Config& config) {
  return fmt::format("{}://{}", config.scheme(), config.server.listen.to_string());
}

}  // namespace

/// The configuration, or its faults on stderr.
std::optional<LoadedConfig> load(const CommandLine& line) {
  auto loaded = load_config(line.sources);
  if (loaded) return std::move(*loaded);
  for (const std::string& fault : loaded.error()) std::cerr << "waypost: " << fault << '\n';
  return std::nullopt;
}

std::expected<Server, int> find_server(const CommandLine& line) {
  std::string url = line.server;
  if (url.empty()) {
    const auto loaded = load(line);
    if (!loaded) return std::unexpected(failed);
    url = local_url(loaded->config);
  }
  const auto trust = line.server.empty() ? ApiClient::Trust::this_machine : ApiClient::Trust::authorities;
  auto client = ApiClient::make(url, line.key, trust);
  if (!client) {
    std::cerr << "waypost: " << client.error() << '\n';
    return std::unexpected(wrong_usage);
  }
  return Server{.client = std::move(*client), .json = line.json};
}

void add_config_options(CLI::App& command, CommandLine& line) {
  command.add_option("--config", line.sources.file, "TOML file to read")->type_name("FILE");
  command
      .add_option("--data-dir", line.sources.data_dir, "Data directory (default: $WAYPOST_DATA, else ./var)")
      ->type_name("DIR");
  command.add_option("--set", line.sources.set, "Set a key of the configuration; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_listen_option(CLI::App& command, CommandLine& line) {
  command.add_option("--listen", line.sources.listen, "Where to serve; port 0 picks a free one")
      ->type_name("ADDR:PORT");
}

void add_client_options(CLI::App& command, CommandLine& line) {
  command.add_option("--server", line.server, "The service (default: the one of the configuration)")
      ->type_name("URL")
      ->envname("WAYPOST_SERVER");
  command.add_option("--key", line.key, "API key")->type_name("KEY")->envname("WAYPOST_KEY");
  command.add_flag("--json", line.json, "Print the server's JSON");
  add_config_options(command, line);
}

}  // namespace waypost::app
