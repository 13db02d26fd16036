#include "app/completion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace waypost::app {
namespace {

/// In single quotes, for any of the three shells.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string("’") : std::string(1, c);  // prose needs no ASCII quote
  return out + "'";
}

std::string joined(const std::vector<std::string>& words, std::string_view separator = " ") {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : std::string(separator)) + word;
  return out;
}

bool takes_file(const OptionFacts& option) {
  return option.value == "FILE" || option.value == "@FILE";
}
bool takes_directory(const OptionFacts& option) {
  return option.value == "DIR";
}

/// What may follow a command: commands below it, options, values of its first argument.
std::vector<std::string> words_after(const CommandFacts& command) {
  std::vector<std::string> words;
  for (const auto& [name, text] : command.commands) words.push_back(name);
  for (const auto& option : command.options) {
    const auto& more = option.is_argument ? option.choices : option.names;
    words.insert(words.end(), more.begin(), more.end());
  }
  return words;
}

/// `"waypost job" | "waypost job submit"`: all that has a path below the program.
std::string all_paths(std::span<const CommandFacts> commands, std::string_view separator) {
  std::vector<std::string> paths;
  for (const auto& command : commands.subspan(1)) paths.push_back('"' + command.name() + '"');
  return joined(paths, separator);
}

/// The cases of bash and zsh that follow an option with its value: `"waypost serve --config"`.
std::string value_cases(std::span<const CommandFacts> commands, std::string_view files,
                        std::string_view directories, std::string_view words) {
  std::string out;
  for (const auto& command : commands)
    for (const auto& option : command.options) {
      if (option.is_argument || option.value.empty()) continue;
      std::vector<std::string> patterns;
      for (const auto& name : option.names) patterns.push_back('"' + command.name() + " " + name + '"');
      const std::string act = takes_file(option) ? std::string(files)
                              : takes_directory(option)
                                  ? std::string(directories)
                                  : fmt::format("{} {}", words, in_quotes(joined(option.choices)));
      out += fmt::format("    {}) {}; return ;;\n", joined(patterns, "|"), act);
    }
  return out;
}

std::string bash(std::span<const CommandFacts> commands) {
  std::string words;
  for (const auto& command : commands)
    words +=
        fmt::format("    \"{}\") words={} ;;\n", command.name(), in_quotes(joined(words_after(command))));
  return fmt::format(R"(# bash completion for waypost, made by 'waypost completion bash'
_waypost_words() {{ COMPREPLY=($(compgen -W "$1" -- "$cur")); }}
_waypost_files() {{ compopt -o filenames; COMPREPLY=($(compgen "$1" -- "$cur")); }}
_waypost() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} path=waypost words= i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$path ${{COMP_WORDS[i]}}" in
      {}) path="$path ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$path $prev" in
{}  esac
  case "$path" in
{}  esac
  _waypost_words "$words"
}}
complete -o default -F _waypost waypost
)",
                     all_paths(commands, "|"),
                     value_cases(commands, "_waypost_files -f", "_waypost_files -d", "_waypost_words"),
                     words);
}

/// `'name:text'`, in which zsh takes a colon of the name for its end.
std::string described(const std::string& name, std::string_view text) {
  return in_quotes(name + ":" + std::string(text));
}

std::string zsh(std::span<const CommandFacts> commands) {
  std::string cases;
  for (const auto& command : commands) {
    std::vector<std::string> below, options, values;
    bool files = false;
    for (const auto& [name, text] : command.commands) below.push_back(described(name, text));
    for (const auto& option : command.options) {
      files = files || (option.is_argument && option.choices.empty());
      for (const auto& name : option.names)
        if (!option.is_argument) options.push_back(described(name, option.text));
      values.insert(values.end(), option.is_argument ? option.choices.begin() : option.choices.end(),
                    option.choices.end());
    }
    cases += fmt::format("    \"{}\")\n      commands=({})\n      options=({})\n", command.name(),
                         joined(below), joined(options));
    if (!values.empty()) cases += fmt::format("      compadd -- {}\n", joined(values));
    if (files) cases += "      _files\n";
    cases += "      ;;\n";
  }
  return fmt::format(R"(#compdef waypost
# zsh completion for waypost, made by 'waypost completion zsh'
_waypost_words() {{ compadd -- ${{=1}} }}
_waypost() {{
  local route=waypost previous=$words[CURRENT-1] word
  local -a commands options
  for word in ${{words[2,CURRENT-1]}}; do
    case "$route $word" in
      {}) route="$route $word" ;;
    esac
  done
  case "$route $previous" in
{}  esac
  case "$route" in
{}  esac
  (( $#commands )) && _describe command commands
  [[ $PREFIX == -* ]] && _describe -o option options
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _waypost "$@"; else compdef _waypost waypost; fi
)",
                     all_paths(commands, "|"), value_cases(commands, "_files", "_files -/", "_waypost_words"),
                     cases);
}

std::string fish_option(const CommandFacts& command, const OptionFacts& option) {
  std::string line = fmt::format("complete -c waypost -n \"__waypost_at '{}'\"", command.name());
  for (const auto& name : option.names)
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.value.empty()) {
    line += " -r";
    if (takes_file(option))
      line += " -F";
    else if (takes_directory(option))
      line += " -a '(__fish_complete_directories)'";
    else
      line += " -f";
    if (!option.choices.empty()) line += " -a " + in_quotes(joined(option.choices));
  }
  return line + " -d " + in_quotes(option.text) + "\n";
}

std::string fish(std::span<const CommandFacts> commands) {
  std::string lines;
  for (const auto& command : commands) {
    for (const auto& [name, text] : command.commands)
      lines += fmt::format("complete -c waypost -f -n \"__waypost_at '{}'\" -a {} -d {}\n", command.name(),
                           name, in_quotes(text));
    for (const auto& option : command.options) {
      if (!option.is_argument)
        lines += fish_option(command, option);
      else if (!option.choices.empty())
        lines += fmt::format("complete -c waypost -f -n \"__waypost_at '{}'\" -a {}\n", command.name(),
                             in_quotes(joined(option.choices)));
    }
  }
  return fmt::format(R"(# fish completion for waypost, made by 'waypost completion fish'
function __waypost_at
    set -l route waypost
    for word in (commandline -opc)[2..-1]
        if contains -- "$route $word" {}
            set route "$route $word"
        end
    end
    test "$route" = "$argv[1]"
end
{})",
                     all_paths(commands, " "), lines);
}

}  // namespace

std::string completion_script(std::span<const CommandFacts> commands, std::string_view shell) {
  if (shell == "zsh") return zsh(commands);
  return shell == "fish" ? fish(commands) : bash(commands);
}

}  // namespace waypost::app
