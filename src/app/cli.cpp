#include "waypost/app/cli.hpp"

#include <unistd.h>

#include "app/command_line.hpp"
#include "app/completion.hpp"
#include "app/man_page.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

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
  help.add_flag("--man", line.man, "Print the manual page instead, for man -l");
  help.footer(
      "Examples:\n"
      "  waypost help job submit\n"
      "  waypost help --man > waypost.1 && man -l ./waypost.1");
  help.callback([&app, &line] {
    line.command = [&app, &line] {
      if (!line.man) return print_help(app, line.help_words);
      std::cout << man_page(command_tree(app));
      return 0;
    };
  });
}

void add_completion(CLI::App& app, CommandLine& line) {
  CLI::App& completion = *app.add_subcommand("completion", "Print the completion script of a shell");
  completion.add_option("SHELL", line.shell, "The shell")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->required();
  completion.footer(
      "Examples:\n"
      "  source <(waypost completion bash)\n"
      "  waypost completion zsh > ~/.zfunc/_waypost\n"
      "  waypost completion fish > ~/.config/fish/completions/waypost.fish");
  completion.callback([&app, &line] {
    line.command = [&app, &line] {
      std::cout << completion_script(command_tree(app), line.shell);
      return 0;
    };
  });
}

/// "; did you mean --listen?" for the first option of the arguments that `command` does not have.
std::string option_hint(const CLI::App& command, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const std::string_view name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || std::ranges::find(known, name) != known.end()) continue;
    const auto meant = text::nearest(name, known);
    return meant ? "; did you mean " + *meant + "?" : std::string();
  }
  return {};
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
  } else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    message += option_hint(*parsed, argc, argv);
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
  add_service_commands(app, line);
  add_gazetteer_commands(app, line);
  add_job_commands(app, line);
  add_webhook_commands(app, line);
  add_key_commands(app, line);
  add_secret_commands(app, line);
  add_store_commands(app, line);
  add_completion(app, line);
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
