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

/// `waypost import FORMAT FILE…` and `waypost import --remove NAME`
struct ImportArguments {
  std::string format;  ///< one of geo::import_formats()
  std::vector<std::filesystem::path> files;
  std::string name;              ///< the source that is built or replaced; "" for the format's own name
  std::string country;           ///< ISO 3166 alpha-2 of rows that do not tell
  std::string kind;              ///< of csv rows and polygons that do not tell, as the native API names it
  std::vector<std::string> map;  ///< csv: FIELD=COLUMN
  std::string version, attribution, licence;
  std::string remove;  ///< a source to take out, instead of all else
  bool json = false;
};

/// Builds, replaces or removes a gazetteer source in the data directory of `config`, with a progress bar when
/// stderr is a terminal. What fails changes nothing. Returns the exit status: 0, or 1 with one line on
/// stderr.
int run_import(const ImportArguments& arguments, const Config& config);

}  // namespace waypost::app
