#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/app/config.hpp"

/// The command line: one binary, `waypost`.
namespace waypost::app {

/// Parses the arguments and runs the command they name. Exit status: 0 done, 1 failed (stderr says why), 2
/// wrong usage. Data goes to stdout, everything else to stderr.
int run(int argc, char** argv);

/// The version of this build, such as "0.1.0".
std::string_view version();

/// `waypost import FORMAT FILE…`
struct ImportArguments {
  std::string format;  ///< "geonames"
  std::vector<std::filesystem::path> files;
  std::string name;  ///< the source that is built or replaced; "" for the format's own name
};

/// Builds or replaces a gazetteer source in the data directory of `config`, with a progress bar when stderr
/// is a terminal. A failed import changes nothing. Returns the exit status: 0, or 1 with one line on stderr.
int run_import(const ImportArguments& arguments, const Config& config);

}  // namespace waypost::app
