#include "app/command_tree.hpp"

#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts{.text = option.get_description(),
                    .is_argument = option.get_positional(),
                    .is_required = option.get_required(),
                    .is_repeated = option.get_expected_max() > 1};
  if (facts.is_argument) facts.names.push_back(option.get_name(true));
  for (const auto& name : option.get_snames()) facts.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) facts.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return facts;
  // A check adds what it asks for to the name of the type: TEXT:{bash,zsh,fish}, N:INT in [1 - 100].
  const std::string type = option.get_type_name();
  facts.value = type.substr(0, std::min(type.find(":{"), type.find(":INT in")));
  if (facts.value.empty()) facts.value = "VALUE";
  const auto open = type.find('{'), close = type.rfind('}');
  if (open != std::string::npos && close != std::string::npos)
    for (const auto choice : text::split(std::string_view(type).substr(open + 1, close - open - 1), ','))
      facts.choices.emplace_back(choice);
  return facts;
}

void add(const CLI::App& app, std::vector<std::string> path, std::vector<CommandFacts>& all) {
  path.push_back(app.get_name());
  CommandFacts facts{.path = path, .text = app.get_description(), .footer = app.get_footer()};
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : below)
    facts.commands.emplace_back(command->get_name(), command->get_description());
  for (const CLI::Option* option : app.get_options()) facts.options.push_back(facts_of(*option));
  all.push_back(std::move(facts));
  for (const CLI::App* command : below) add(*command, path, all);
}

}  // namespace

std::string CommandFacts::name() const {
  std::string joined;
  for (const auto& word : path) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

std::vector<CommandFacts> command_tree(const CLI::App& app) {
  std::vector<CommandFacts> all;
  add(app, {}, all);
  return all;
}

}  // namespace waypost::app
