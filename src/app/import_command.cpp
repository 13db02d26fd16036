#include <unistd.h>

#include <iostream>

#include "waypost/app/cli.hpp"
#include "waypost/geo/import.hpp"

namespace waypost::app {

int run_import(const ImportArguments& arguments, const Config& config) {
  geo::ImportOptions options{.data_directory = config.data_dir};
  if (!arguments.name.empty()) options.name = arguments.name;
  return geo::import_command(arguments.files, std::move(options), std::cout, std::cerr, isatty(STDERR_FILENO) == 1);
}

}  // namespace waypost::app
