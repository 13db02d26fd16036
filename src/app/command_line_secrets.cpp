#include "app/command_line.hpp"
#include "app/secret_commands.hpp"

namespace waypost::app {

void add_secret_commands(CLI::App& app, CommandLine& line) {
  CLI::App& secrets = *app.add_subcommand(
      "secrets", "The keys that encrypt secrets at rest, whether the service runs or not");
  secrets.require_subcommand(1);
  CLI::App& list = *secrets.add_subcommand("list", "List the keys, and how many secrets are under each");
  on_configured(list, line, [&line](const Config& config) { return list_secret_keys(config, line.json); });
  CLI::App& rotate = *secrets.add_subcommand("rotate", "Add a key, and put every secret under it");
  on_configured(rotate, line, [&line](const Config& config) { return rotate_secrets(config, line.json); });
  CLI::App& reseal = *secrets.add_subcommand(
      "reseal", "Put every secret under the newest key: after a rotation was cut off");
  on_configured(reseal, line, [&line](const Config& config) { return reseal_secrets(config, line.json); });
  CLI::App& drop = *secrets.add_subcommand("drop", "Forget an old key under which nothing is any more");
  drop.add_option("ID", line.id, "The key's id, as list shows it")->required();
  on_configured(drop, line,
                [&line](const Config& config) { return drop_secret_key(config, line.id, line.json); });
  secrets.footer(
      "Examples:\n"
      "  waypost secrets rotate --data-dir /var/lib/waypost\n"
      "  waypost secrets list --json | jq '.data[] | select(.in_use | not)'\n"
      "A backup needs the keys that were there when it was made: keep the key file with it.");
}

}  // namespace waypost::app
