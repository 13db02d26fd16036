#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/command_tree.hpp"

namespace waypost::app {

/// A script that completes commands, options, and the values that are known, in `shell`: bash, zsh or fish;
/// files where files are meant.
std::string completion_script(std::span<const CommandFacts> commands, std::string_view shell);

}  // namespace waypost::app
