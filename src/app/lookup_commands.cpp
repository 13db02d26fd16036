#include "app/lookup_commands.hpp"

#include <iostream>

#include "app/failure.hpp"
#include "waypost/base/log.hpp"

namespace waypost::app {
namespace {

/// One result for a person: the address, and below it where that is and what.
void print(const geo::FlatResult& result) {
  std::cout << result.formatted_address << '\n'
            << "  " << result.lat << ", " << result.lng << "  " << result.types << "  "
            << result.location_type << (result.partial_match == "true" ? "  partial match" : "") << "  "
            << result.place_id << '\n';
}

}  // namespace

Result<void> open_for_lookups(geo::Catalog& catalog) {
  log::configure(log::Level::warn, log::Format::text);
  return catalog.prepare();
}

int run_lookup(const std::vector<std::pair<std::string, std::string>>& parameters, LookupOutput output,
               const Config& config) {
  const auto query = geo::parse_google_query(parameters, "");
  if (!query) return fail_with(query.error().message);
  geo::Catalog catalog(config.data_dir);
  if (auto ready = open_for_lookups(catalog); !ready) return fail_with(ready.error().message);
  const auto answer = geo::lookup(catalog.current(), *query);
  if (output == LookupOutput::json) {
    std::cout << geo::google_json(answer) << '\n';
  } else {
    for (const auto& result : geo::flat_results(answer)) print(result);
  }
  if (answer.status == geo::Status::ok) return 0;
  return fail_with(answer.error_message.empty() ? "nothing is found" : answer.error_message);
}

}  // namespace waypost::app
