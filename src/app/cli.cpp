#include "waypost/app/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/job_commands.hpp"
#include "app/key_commands.hpp"
#include "app/lookup_commands.hpp"
#include "app/webhook_commands.hpp"
#include "waypost/app/serve.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/import.hpp"
#include "waypost/webhook/signing_key.hpp"

namespace waypost::app {
namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

constexpr std::string_view examples = R"(
Examples:
  waypost serve --data-dir /var/lib/waypost
  waypost serve --listen 127.0.0.1:0 --set log.level=debug
  waypost import geonames cities500.txt admin1CodesASCII.txt countryInfo.txt
  waypost geocode 'Toledo, Spain'
  waypost job submit geocode '{"address": "Toledo, Spain"}' --wait 10
  waypost job submit geocode --manifest addresses.csv --field report.scope=failed
  waypost job watch job_01KAQ5ZS6E8V1X0Y2T3R4W5N7M
  waypost config print --config waypost.toml

Exit status: 0 done, 1 failed, 2 wrong usage. 'waypost help COMMAND' says more.)";

std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

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
  std::vector<std::string> help_words;
  std::function<int()> command;
};

/// The configuration, or its faults on stderr.
std::optional<LoadedConfig> load(const CommandLine& line) {
  auto loaded = load_config(line.sources);
  if (loaded) return std::move(*loaded);
  for (const std::string& fault : loaded.error()) std::cerr << "waypost: " << fault << '\n';
  return std::nullopt;
}

/// Where a service with this configuration is reached from this machine.
std::string local_url(const Config& config) {
  ListenAddress address = config.server.listen;
  if (address.address == "0.0.0.0") address.address = "127.0.0.1";
  if (address.address == "::") address.address = "::1";
  return "http://" + address.to_string();
}

/// Runs `command` against the server of --server, or the one that the configuration describes.
template <class Command>
int with_server(const CommandLine& line, Command command) {
  std::string url = line.server;
  if (url.empty()) {
    const auto loaded = load(line);
    if (!loaded) return failed;
    url = local_url(loaded->config);
  }
  auto client = ApiClient::make(url, line.key);
  if (!client) {
    std::cerr << "waypost: " << client.error() << '\n';
    return wrong_usage;
  }
  return command(Server{.client = std::move(*client), .json = line.json});
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
      return loaded ? serve(loaded->config) : failed;
    };
  });
}

/// `webhook secret`: what verifies the webhooks of jobs that name no secret of their own.
int print_webhook_secret(const CommandLine& line) {
  const auto loaded = load(line);
  if (!loaded) return failed;
  const auto secret = webhook::service_secret(loaded->config.secret_key_path());
  if (!secret) {
    std::cerr << "waypost: " << secret.error().message << '\n';
    return failed;
  }
  std::cout << *secret << '\n';
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

void add_webhook(CLI::App& app, CommandLine& line) {
  CLI::App& webhook = *app.add_subcommand("webhook", "What receivers of webhooks need");
  webhook.require_subcommand(1);
  add_webhook_secret(webhook, line);
  add_webhook_sign(webhook, line);
  add_webhook_verify(webhook, line);
  add_webhook_listen(webhook, line);
}

void add_import(CLI::App& app, CommandLine& line) {
  CLI::App& import = *app.add_subcommand("import", "Build, replace or remove a source of the gazetteer");
  ImportArguments& into = line.import;
  std::vector<std::string> names;
  std::string formats = "Formats:\n";
  for (const auto& format : geo::import_formats()) {
    names.emplace_back(format.name);
    formats += fmt::format("  {:16} {}\n", format.name, format.what);
  }
  import.add_option("FORMAT", into.format, "See below")->check(CLI::IsMember(names));
  import.add_option("FILE", into.files,
                    "Files, plain or gzip; of GeoNames files admin1CodesASCII*, admin2Codes*, countryInfo*, "
                    "alternateNames* and *translations*.json are known by name");
  const auto option = [&import](const char* flag, std::string& value, const char* type, const char* text) {
    import.add_option(flag, value, text)->type_name(type);
  };
  option("--name", into.name, "SOURCE", "Name of the source (default: the format's)");
  option("--country", into.country, "CC",
         "Country of the rows (openaddresses, csv; default: by the file's name or where they lie)");
  option("--kind", into.kind, "KIND",
         "What rows are that do not tell: locality, admin1, postal_code, address");
  import.add_option("--map", into.map, "csv: where a field stands, such as lat=Y; may be repeated")
      ->type_name("FIELD=COLUMN")
      ->allow_extra_args(false);
  option("--version", into.version, "TEXT", "Version of the data (default: file name and date)");
  option("--attribution", into.attribution, "TEXT", "Whom to credit (default: what the format knows)");
  option("--licence", into.licence, "TEXT", "Licence of the data (default: what the format knows)");
  option("--remove", into.remove, "SOURCE", "Take a source out, instead of importing");
  import.add_flag("--json", into.json, "Print the summary as JSON");
  add_config_options(import, line);
  import.footer(
      formats +
      "\nExamples:\n"
      "  waypost import geonames cities500.txt admin1CodesASCII.txt countryInfo.txt\n"
      "  waypost import geonames-postal allCountries.txt.gz\n"
      "  waypost import openaddresses us/ma/*.csv.gz --name massachusetts\n"
      "  waypost import csv shops.csv --map name=title --map lat=Y --map lng=X --country DE --name shops\n"
      "  waypost import polygons ne_10m_admin_1_states_provinces.json --name states\n"
      "  waypost import --remove shops\n"
      "A running service picks the change up; a failed import changes nothing.");
  import.callback([&line] {
    if (line.import.remove.empty() && line.import.files.empty())
      throw CLI::RequiredError(line.import.format.empty() ? "FORMAT" : "FILE");
    line.command = [&line] {
      const auto loaded = load(line);
      return loaded ? run_import(line.import, loaded->config) : failed;
    };
  });
}

/// Runs the lookup of the words, or of the file of --csv.
int look_up(CommandLine& line, const std::string& operation) {
  const bool is_file = !line.lookup_file.path.empty();
  const std::size_t wanted = operation == "reverse" ? 2 : 1;
  if (is_file ? !line.lookup_words.empty() : line.lookup_words.size() < wanted) {
    std::cerr << "waypost: " << operation << " takes " << (wanted == 2 ? "LAT LNG" : "TEXT")
              << " or --csv FILE (see 'waypost help " << operation << "')\n";
    return wrong_usage;
  }
  const auto loaded = load(line);
  if (!loaded) return failed;
  line.lookup_file.operation = operation;
  if (is_file) return run_lookup_file(line.lookup_file, loaded->config);
  std::string words;
  for (const auto& word : line.lookup_words)
    words += (words.empty() ? "" : operation == "reverse" ? "," : " ") + word;
  line.lookup.emplace_back(operation == "reverse" ? "latlng" : "address", words);
  return run_lookup(line.lookup, line.json ? LookupOutput::json : LookupOutput::text, loaded->config);
}

/// An option that is one of Google's parameters.
void add_parameter(CLI::App& command, CommandLine& line, const std::string& option, const std::string& name,
                   const std::string& text) {
  command.add_option_function<std::string>(
      option, [&line, name](const std::string& value) { line.lookup.emplace_back(name, value); }, text);
}

void add_lookups(CLI::App& app, CommandLine& line) {
  CLI::App& geocode = *app.add_subcommand("geocode", "Find the places that a text means, without a server");
  CLI::App& reverse = *app.add_subcommand("reverse", "Find the places at a point, without a server");
  geocode.add_option("TEXT", line.lookup_words, "An address, a name or a Plus Code");
  reverse.add_option("POINT", line.lookup_words, "LAT LNG in degrees")->expected(0, 2);
  add_parameter(geocode, line, "--components", "components", "Filters, such as country:FR|locality:Paris");
  add_parameter(geocode, line, "--region", "region", "Prefer this country, such as gb");
  add_parameter(reverse, line, "--result-type", "result_type", "Only these types, such as locality|country");
  for (CLI::App* command : {&geocode, &reverse}) {
    const auto name = command->get_name();
    add_parameter(*command, line, "--language", "language", "Of the answer, such as de (default: en)");
    command->add_flag("--json", line.json, "Print Google's JSON");
    command
        ->add_option("--csv", line.lookup_file.path, "Look up every row of a CSV, plain or *.gz; - is stdin")
        ->type_name("FILE");
    command
        ->add_option("--map", line.lookup_file.map,
                     "With --csv: make a field from columns; default: columns of the fields' names")
        ->type_name("FIELD=TEMPLATE")
        ->allow_extra_args(false);
    add_config_options(*command, line);
    command->callback([&line, name] { line.command = [&line, name] { return look_up(line, name); }; });
  }
  geocode.footer(
      "Examples:\n"
      "  waypost geocode 'Toledo, Spain'\n"
      "  waypost geocode 849VCWC8+R9 --json\n"
      "  waypost geocode --csv addresses.csv --map address='{street}, {zip} {city}' > found.csv\n"
      "Exit status 1 when nothing is found.");
  reverse.footer(
      "Examples:\n"
      "  waypost reverse 48.8584 2.2945\n"
      "  waypost reverse --csv points.csv --map lat={y} --map lng={x} > found.csv\n"
      "Exit status 1 when nothing is found.");
}

void add_job_submit(CLI::App& job, CommandLine& line) {
  CLI::App& submit =
      *job.add_subcommand("submit", "Submit a job; with --manifest a batch over the file's rows");
  submit.add_option("TYPE", line.submit.type, "The operation, such as geocode")->required();
  submit.add_option("PAYLOAD", line.submit.payload, "JSON, @FILE, or - for stdin (default: {})");
  submit.add_option("--manifest", line.submit.manifest, "CSV or NDJSON (*.ndjson), plain or *.gz")
      ->type_name("FILE");
  submit.add_option("--webhook", line.submit.webhook, "Where to send the job's events")->type_name("URL");
  submit.add_option("--priority", line.submit.priority, "Higher runs first")->type_name("N");
  submit.add_option("--wait", line.wait_seconds, "Follow the job that long; exit status 1 when it failed")
      ->type_name("S");
  submit
      .add_option("--field", line.submit.fields,
                  "A further field of the job, nested ones dotted: max_attempts=3, webhook.payload=thin, "
                  "tag.team=maps")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_client_options(submit, line);
  submit.footer(
      "Examples:\n"
      "  waypost job submit geocode '{\"address\": \"Toledo, Spain\"}' --wait 10\n"
      "  waypost job submit http @request.json --field max_attempts=3 --field tag.team=maps\n"
      "  waypost job submit geocode --manifest addresses.csv --field map.address='{street}, {city}'\n"
      "The VALUE of --field is JSON where it reads as that, else a string.");
  submit.callback([&line] {
    line.command = [&line] {
      return with_server(
          line, [&](const Server& server) { return submit_job(server, line.submit, line.wait_seconds); });
    };
  });
}

void add_job_list(CLI::App& job, CommandLine& line) {
  CLI::App& list = *job.add_subcommand("list", "List jobs, the newest first");
  list.add_option("--state", line.list.states, "Only jobs in this state; may be repeated")
      ->type_name("S")
      ->allow_extra_args(false);
  list.add_option("--type", line.list.type, "Only jobs of this type")->type_name("TYPE");
  list.add_option("--queue", line.list.queue, "Only jobs of this queue")->type_name("NAME");
  list.add_option("--limit", line.list.limit, "How many, 1 to 1000 (default: 50)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  add_client_options(list, line);
  list.footer("Example:\n  waypost job list --state failed --state partial --json | jq -r '.data[].id'");
  list.callback([&line] {
    line.command = [&line] {
      return with_server(line, [&](const Server& server) { return list_jobs(server, line.list); });
    };
  });
}

/// A command about one job: `run(server, id)`.
template <class Run>
void add_job_action(CLI::App& job, CommandLine& line, const std::string& name, const std::string& text,
                    Run run) {
  CLI::App& action = *job.add_subcommand(name, text);
  action.add_option("ID", line.id, "The job's id, job_…")->required();
  add_client_options(action, line);
  action.callback([&line, run] {
    line.command = [&line, run] {
      return with_server(line, [&](const Server& server) { return run(server, line.id); });
    };
  });
}

void add_job(CLI::App& app, CommandLine& line) {
  CLI::App& job = *app.add_subcommand("job", "Submit, read and steer jobs of a running service");
  job.require_subcommand(1);
  add_job_submit(job, line);
  add_job_action(job, line, "get", "Print a job", get_job);
  add_job_action(job, line, "watch", "Follow a job to its end; exit status 1 when it failed", watch_job);
  add_job_action(job, line, "cancel", "Cancel a job",
                 [](const Server& server, const std::string& id) { return steer_job(server, id, "cancel"); });
  add_job_action(job, line, "retry", "Run a failed, partial or cancelled job again",
                 [](const Server& server, const std::string& id) { return steer_job(server, id, "retry"); });
  add_job_list(job, line);
}

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

void add_key(CLI::App& app, CommandLine& line) {
  CLI::App& key =
      *app.add_subcommand("key", "Make, list and revoke API keys, whether the service runs or not");
  key.require_subcommand(1);
  CLI::App& create = *key.add_subcommand("create", "Make a key; its secret is printed this one time");
  create.add_option("--name", line.key_request.name, "What it is for")->required()->type_name("N");
  create.add_option("--scopes", line.key_request.scopes, "Of lookup, jobs:read, jobs:write, work, admin")
      ->required()
      ->type_name("A,B");
  create.add_option("--tenant", line.key_request.tenant, "Whose jobs it sees (default: default)")
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

void add_config(CLI::App& app, CommandLine& line) {
  CLI::App& config = *app.add_subcommand("config", "Check or print the configuration");
  config.require_subcommand(1);
  CLI::App& check = *config.add_subcommand("check", "Find every mistake in the configuration");
  CLI::App& print =
      *config.add_subcommand("print", "Print what is in effect, and where each value came from");
  config.footer(
      "Examples:\n"
      "  waypost config check --config waypost.toml\n"
      "  waypost config print --config waypost.toml --set log.level=debug");
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

int print_help(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) {  // app.help() would explain the chosen command: `help` itself
    std::cout << app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal);
    return 0;
  }
  const CLI::App* command = &app;
  std::string prefix;
  for (const std::string& word : words) {
    const auto commands =
        command->get_subcommands([&](const CLI::App* one) { return one->get_name() == word; });
    if (commands.empty()) {
      std::cerr << "waypost: there is no command '" << word << "'; 'waypost help' lists them\n";
      return wrong_usage;
    }
    prefix += command->get_name() + " ";
    command = commands.front();
  }
  std::cout << command->help(prefix.substr(0, prefix.size() - 1));
  return 0;
}

void add_version_and_help(CLI::App& app, CommandLine& line) {
  app.add_subcommand("version", "Print the version")->callback([&line] {
    line.command = [] {
      std::cout << "waypost " << version() << '\n';
      return 0;
    };
  });
  CLI::App& help = *app.add_subcommand("help", "Explain a command");
  help.add_option("COMMAND", line.help_words, "Such as: job submit");
  help.callback([&app, &line] { line.command = [&app, &line] { return print_help(app, line.help_words); }; });
}

/// What is wrong with the arguments, in one line.
int report_usage(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::string message = error.what();
  const CLI::App* parsed = &app;
  while (!parsed->get_subcommands().empty()) parsed = parsed->get_subcommands().front();
  const auto known = parsed->get_subcommands([](const CLI::App*) { return true; });
  const std::string_view last = parsed == &app ? (argc > 1 ? argv[1] : "") : (argc > 2 ? argv[2] : "");
  if (!known.empty() && !last.empty() && !last.starts_with('-')) {
    std::vector<std::string> names;
    for (const CLI::App* one : known) names.push_back(one->get_name());
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto meant = text::nearest(last, views);
    message = fmt::format("there is no command '{}'", last) +
              (meant ? fmt::format("; did you mean {}?", *meant) : "");
  }
  std::cerr << "waypost: " << message << " (see 'waypost help')\n";
  return wrong_usage;
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Geocoding lookups and durable jobs over HTTP, in one binary.", "waypost");
  app.require_subcommand(1);
  app.set_version_flag("--version", "waypost " + std::string(version()));
  CommandLine line;
  line.sources.environment = environment();
  add_serve(app, line);
  add_import(app, line);
  add_lookups(app, line);
  add_webhook(app, line);
  add_job(app, line);
  add_key(app, line);
  add_config(app, line);
  add_healthcheck(app, line);
  add_version_and_help(app, line);
  app.footer(std::string(examples));  // last: commands made later would inherit it
  try {
    app.parse(argc, argv);
    const int status = line.command();
    if (std::cout.flush()) return status;
    std::cerr << "waypost: cannot write to the standard output\n";
    return failed;
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "waypost: " << error.what() << '\n';
    return failed;
  }
}

}  // namespace waypost::app
