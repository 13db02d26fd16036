#include "app/command_line.hpp"

namespace waypost::app {
namespace {

void add_serve(CLI::App& app, CommandLine& line) {
  CLI::App& serve_command = *app.add_subcommand("serve", "Run the service");
  add_listen_option(serve_command, line);
  add_config_options(serve_command, line);
  serve_command.footer(
      "Examples:\n"
      "  waypost serve --config /etc/waypost/waypost.toml --data-dir /var/lib/waypost\n"
      "  waypost serve --set webhooks.retry_seconds='[0, 1]' --set egress.allow='[\"127.0.0.1/32\"]'\n"
      "  WAYPOST_LOG__FORMAT=json waypost serve\n"
      "When it is ready, the first line on stdout is: listening on http://ADDR:PORT");
  serve_command.callback([&line] {
    line.command = [&line] {
      const auto loaded = load(line);
      if (!loaded) return failed;
      return serve(loaded->config, [&line] { return load_config(line.sources); });
    };
  });
}

void add_config(CLI::App& app, CommandLine& line) {
  CLI::App& config = *app.add_subcommand("config", "Check, print or describe the configuration");
  config.require_subcommand(1);
  CLI::App& check = *config.add_subcommand("check", "Find every mistake in the configuration");
  CLI::App& print =
      *config.add_subcommand("print", "Print what is in effect, and where each value came from");
  CLI::App& schema = *config.add_subcommand("schema", "Print the JSON Schema of the configuration file");
  config.footer(
      "Examples:\n"
      "  waypost config check --config waypost.toml\n"
      "  waypost config print --config waypost.toml --set log.level=debug\n"
      "  waypost config schema > waypost.schema.json");
  for (CLI::App* command : {&check, &print}) {
    add_listen_option(*command, line);
    add_config_options(*command, line);
  }
  check.callback([&line] {
    line.command = [&line] {
      if (!load(line)) return failed;
      std::cout << "the configuration is valid\n";
      return 0;
    };
  });
  schema.callback([&line] {
    line.command = [] {
      std::cout << config_schema() << '\n';
      return 0;
    };
  });
  print.callback([&line] {
    line.command = [&line] {
      const auto loaded = load(line);
      if (!loaded) return failed;
      std::cout << print_config(*loaded);
      return 0;
    };
  });
}

void add_healthcheck(CLI::App& app, CommandLine& line) {
  CLI::App& health = *app.add_subcommand("healthcheck", "Ask the service whether it is up, for containers");
  add_listen_option(health, line);
  add_config_options(health, line);
  health.callback([&line] {
    line.command = [&line] {
      return with_server(line, [](const Server& server) { return check_health(server.client); });
    };
  });
}

}  // namespace

void add_service_commands(CLI::App& app, CommandLine& line) {
  add_serve(app, line);
  add_config(app, line);
  add_healthcheck(app, line);
}

}  // namespace waypost::app
