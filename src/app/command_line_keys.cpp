#include "app/command_line.hpp"

namespace waypost::app {

void add_key_commands(CLI::App& app, CommandLine& line) {
  CLI::App& key =
      *app.add_subcommand("key", "Make, list and revoke API keys, whether the service runs or not");
  key.require_subcommand(1);
  CLI::App& create = *key.add_subcommand("create", "Make a key; its secret is printed this one time");
  create.add_option("--name", line.key_request.name, "What it is for")->required()->type_name("N");
  create.add_option("--scopes", line.key_request.scopes, "Of lookup, jobs:read, jobs:write, work, admin")
      ->required()
      ->type_name("A,B");
  create.add_option("--tenant", line.key_request.tenant, "Its tenant: whose jobs it sees (default: default)")
      ->type_name("T");
  create.add_option("--expires", line.key_request.expires, "How long it is valid: 90s, 15m, 12h, 30d")
      ->type_name("D");
  create.add_option("--rate-per-second", line.key_request.rate_per_second, "Requests a second")
      ->type_name("R");
  on_configured(create, line,
                [&line](const Config& config) { return create_key(config, line.key_request, line.json); });
  CLI::App& list = *key.add_subcommand("list", "List the keys, without their secrets");
  on_configured(list, line, [&line](const Config& config) { return list_keys(config, line.json); });
  CLI::App& revoke = *key.add_subcommand("revoke", "Refuse a key from now on");
  revoke.add_option("ID", line.id, "The key's id, key_…")->required();
  on_configured(revoke, line,
                [&line](const Config& config) { return revoke_key(config, line.id, line.json); });
  key.footer(
      "Examples:\n"
      "  KEY=$(waypost key create --name ci --scopes jobs:read,jobs:write --expires 30d)\n"
      "  waypost key list --json | jq -r '.data[].id'\n"
      "  waypost key revoke key_01KAQ5ZS6E8V1X0Y2T3R4W5N7M");
}

}  // namespace waypost::app
