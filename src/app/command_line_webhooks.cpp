#include "app/command_line.hpp"
#include "app/failure.hpp"
#include "app/open_secrets.hpp"
#include "waypost/webhook/signing_key.hpp"

namespace waypost::app {
namespace {

/// `webhook secret`: what verifies the webhooks of jobs that name no secret of their own.
int print_webhook_secret(const CommandLine& line) {
  const auto loaded = load(line);
  if (!loaded) return failed;
  const auto secrets = open_secrets(loaded->config);
  if (!secrets) return fail_with(secrets.error().message);
  std::cout << webhook::service_secret((*secrets)->keys()) << '\n';
  return 0;
}

CLI::Option* add_secret_option(CLI::App& command, std::string& secret) {
  return command.add_option("--secret", secret, "The receiver's secret, whsec_…")
      ->type_name("SECRET")
      ->envname("WAYPOST_WEBHOOK_SECRET")
      ->required();
}

void add_webhook_secret(CLI::App& webhook, CommandLine& line) {
  CLI::App& secret = *webhook.add_subcommand("secret", "Print the service's own signing secret");
  add_config_options(secret, line);
  secret.footer("It signs what has no secret of its own. The key file is made when there is none yet.");
  secret.callback([&line] { line.command = [&line] { return print_webhook_secret(line); }; });
}

void add_webhook_sign(CLI::App& webhook, CommandLine& line) {
  CLI::App& sign = *webhook.add_subcommand("sign", "Print the headers that a webhook with this body has");
  MessageArguments& message = line.message;
  add_secret_option(sign, message.secret);
  sign.add_option("--id", message.id, "webhook-id (default: a new one)")->type_name("ID");
  sign.add_option("--timestamp", message.timestamp, "webhook-timestamp (default: now)")->type_name("SECONDS");
  sign.add_option("FILE", message.file, "The body, or - for stdin")->required();
  sign.add_flag("--json", message.json, "Print JSON");
  sign.footer(
      "Example, a webhook by hand:\n"
      "  waypost webhook sign --secret whsec_… body.json > headers\n"
      "  curl -H @headers --data-binary @body.json http://localhost:3000/hook");
  sign.callback([&line] { line.command = [&line] { return sign_webhook(line.message); }; });
}

void add_webhook_verify(CLI::App& webhook, CommandLine& line) {
  CLI::App& verify = *webhook.add_subcommand("verify", "Check a webhook that was received");
  MessageArguments& message = line.message;
  add_secret_option(verify, message.secret);
  verify.add_option("--id", message.id, "Its webhook-id")->type_name("ID")->required();
  verify.add_option("--timestamp", message.timestamp, "Its webhook-timestamp")
      ->type_name("SECONDS")
      ->required();
  verify.add_option("--signature", message.signature, "Its webhook-signature")
      ->type_name("SIGNATURE")
      ->required();
  verify
      .add_option("--tolerance", message.tolerance_seconds,
                  "How far its timestamp may be from now (default: 300)")
      ->type_name("SECONDS");
  verify.add_option("FILE", message.file, "Its body, byte for byte, or - for stdin")->required();
  verify.add_flag("--json", message.json, "Print JSON");
  verify.footer(
      "Example:\n"
      "  waypost webhook verify --secret whsec_… --id evt_… --timestamp 1764000000 --signature v1,… "
      "body.json\n"
      "Exit status 1, and why on stderr, when it is not genuine.");
  verify.callback([&line] { line.command = [&line] { return verify_webhook(line.message); }; });
}

void add_webhook_listen(CLI::App& webhook, CommandLine& line) {
  CLI::App& listen =
      *webhook.add_subcommand("listen", "Receive webhooks on this machine; print and verify each");
  add_secret_option(listen, line.listen.secret);
  listen.add_option("--port", line.listen.port, "Port on 127.0.0.1 (default: a free one)")->type_name("PORT");
  listen.add_option("--status", line.listen.status, "What to answer to genuine ones (default: 204)")
      ->type_name("STATUS")
      ->check(CLI::Range(200, 599));
  listen.add_flag("--json", line.listen.json, "Print one JSON object a line");
  listen.footer(
      "Example, with the service allowed to call this machine:\n"
      "  waypost webhook listen --port 3000 --secret \"$(waypost webhook secret)\"\n"
      "  waypost serve --set egress.allow='[\"127.0.0.1/32\"]'\n"
      "  waypost job submit echo '{}' --webhook http://127.0.0.1:3000/hook\n"
      "What is not genuine is answered 400. --status 500 shows how the service tries again.");
  listen.callback([&line] { line.command = [&line] { return listen_for_webhooks(line.listen); }; });
}

}  // namespace

void add_webhook_commands(CLI::App& app, CommandLine& line) {
  CLI::App& webhook = *app.add_subcommand("webhook", "What receivers of webhooks need");
  webhook.require_subcommand(1);
  add_webhook_secret(webhook, line);
  add_webhook_sign(webhook, line);
  add_webhook_verify(webhook, line);
  add_webhook_listen(webhook, line);
}

}  // namespace waypost::app
