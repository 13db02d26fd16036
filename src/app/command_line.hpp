#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/job_commands.hpp"
#include "app/key_commands.hpp"
#include "app/lookup_commands.hpp"
#include "app/selftest.hpp"
#include "app/webhook_commands.hpp"
#include "waypost/app/cli.hpp"
#include "waypost/app/serve.hpp"

/// How the command line is put together: each subject adds its commands in a file of its own.
namespace waypost::app {

inline constexpr int failed = 1;
inline constexpr int wrong_usage = 2;

/// The parsed arguments of every command, and the command that was chosen.
struct CommandLine {
  ConfigSources sources;
  ImportArguments import;
  std::vector<std::pair<std::string, std::string>> lookup;  // Google's parameters
  std::vector<std::string> lookup_words;
  LookupFile lookup_file;
  SubmitArguments submit;
  ListArguments list;
  KeyArguments key_request;
  MessageArguments message;
  ListenArguments listen;
  std::optional<std::uint32_t> wait_seconds;
  std::string id;
  std::string server;
  std::string key;
  bool json = false;
  std::filesystem::path archive;
  bool with_secret_key = false;
  SelftestArguments selftest;
  std::vector<std::string> help_words;
  bool man = false;
  std::string shell;
  std::function<int()> command;
};

/// The configuration, or its faults on stderr.
std::optional<LoadedConfig> load(const CommandLine& line);
/// The server of --server, or the one that the configuration describes; else the exit status, and why on
/// stderr.
std::expected<Server, int> find_server(const CommandLine& line);

/// Runs `command(server)`.
template <class Command>
int with_server(const CommandLine& line, Command command) {
  auto server = find_server(line);
  return server ? command(*server) : server.error();
}

void add_config_options(CLI::App& command, CommandLine& line);

/// Runs `command` with the configuration: the service is found, or its store opened, by the data directory.
template <class Command>
void on_configured(CLI::App& app, CommandLine& line, Command command) {
  app.add_flag("--json", line.json, "Print JSON");
  add_config_options(app, line);
  app.callback([&line, command] {
    line.command = [&line, command] {
      const auto loaded = load(line);
      return loaded ? command(loaded->config) : failed;
    };
  });
}

void add_listen_option(CLI::App& command, CommandLine& line);
void add_client_options(CLI::App& command, CommandLine& line);

/// serve, config, healthcheck
void add_service_commands(CLI::App& app, CommandLine& line);
/// import, geocode, reverse
void add_gazetteer_commands(CLI::App& app, CommandLine& line);
/// job …
void add_job_commands(CLI::App& app, CommandLine& line);
/// key …
void add_key_commands(CLI::App& app, CommandLine& line);
/// secrets …
void add_secret_commands(CLI::App& app, CommandLine& line);
/// backup, restore, verify, selftest
void add_store_commands(CLI::App& app, CommandLine& line);
/// webhook …
void add_webhook_commands(CLI::App& app, CommandLine& line);

}  // namespace waypost::app
