#pragma once

#include <span>
#include <string>

#include "app/command_tree.hpp"

namespace waypost::app {

/// The manual page waypost(1), in the language of man(7).
std::string man_page(std::span<const CommandFacts> commands);

}  // namespace waypost::app
