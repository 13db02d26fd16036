#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "waypost/app/config.hpp"
#include "waypost/geo/catalog.hpp"
#include "waypost/geo/google.hpp"

/// `waypost geocode` and `waypost reverse`: lookups without a server, on the gazetteer of the data directory.
namespace waypost::app {

/// Opens the gazetteer, made first when this is the first use of the data directory. Only warnings are logged
/// from then on: what stands on stderr is for people.
Result<void> open_for_lookups(geo::Catalog& catalog);

/// How a lookup is printed.
enum class LookupOutput : bool { text, json };

/// Prints what the parameters (Google's) find. Returns the exit status: 0, or 1 with one line on stderr, also
/// when nothing is found.
int run_lookup(const std::vector<std::pair<std::string, std::string>>& parameters, LookupOutput output,
               const Config& config);

/// A whole file.
struct LookupFile {
  std::string operation;         ///< "geocode", "reverse"
  std::string path;              ///< CSV, plain or gzip; "-" for stdin
  std::vector<std::string> map;  ///< "address={street}, {city}"
};

/// Writes the report of a batch over the file's rows to stdout, with progress when stderr is a terminal.
/// Memory does not grow with the file; a copy of it lies in the temporary folder meanwhile. Returns 0, or 1
/// when the file cannot be read on or every row failed.
int run_lookup_file(const LookupFile& arguments, const Config& config);

}  // namespace waypost::app
