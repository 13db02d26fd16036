#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

/// The commands as data: what shells complete and what the manual page says is made from the very tree that
/// parses the arguments.
namespace waypost::app {

struct OptionFacts {
  std::vector<std::string> names;    ///< "--config"; of an argument its name, "FORMAT"
  std::string value;                 ///< what it takes: "FILE"; "" for a flag
  std::vector<std::string> choices;  ///< the values that there are, when they are known
  std::string text;
  bool is_argument = false;  ///< by its place, not by its name
  bool is_required = false;
  bool is_repeated = false;
};

struct CommandFacts {
  std::vector<std::string> path;  ///< {"waypost", "job", "submit"}
  std::string text;
  std::string footer;  ///< examples, and what else the help ends with
  std::vector<OptionFacts> options;
  std::vector<std::pair<std::string, std::string>> commands;  ///< those below it, with their text
  std::string name() const;                                   ///< "waypost job submit"
};

/// Every command, each before those below it.
std::vector<CommandFacts> command_tree(const CLI::App& app);

}  // namespace waypost::app
