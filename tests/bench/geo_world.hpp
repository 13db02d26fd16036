#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "geo/line_reader.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/catalog.hpp"
#include "waypost/geo/import.hpp"
#include "waypost/geo/search.hpp"

/// Real data for measurements: cities, postal codes and addresses, imported as an operator would.
namespace waypost::bench {

namespace fs = std::filesystem;

struct City {
  std::string name, ascii, alternates, country, admin1;
  geo::LatLng location;
  std::uint32_t population = 0;
};

struct Address {
  std::string number, street, city, region, postal_code, country;
  geo::LatLng location;
};

inline fs::path shared_data() {
  const char* given = std::getenv("WAYPOST_SHARED_DATA");
  return given != nullptr ? fs::path(given) : fs::path(WAYPOST_SOURCE_DIR).parent_path() / "shared" / "data";
}

/// Calls `row` with the columns of each line.
template <class Row>
void each_row(const fs::path& file, char separator, Row row) {
  auto reader = geo::LineReader::open(file);
  if (!reader) throw std::runtime_error(reader.error().message);
  while (const auto line = reader->next().value()) row(text::split(*line, separator));
}

inline std::vector<City> read_cities() {
  std::vector<City> cities;
  each_row(shared_data() / "geonames/cities15000.txt.gz", '\t', [&](const std::vector<std::string_view>& c) {
    if (c.size() != 19) return;
    cities.push_back(
        {.name = std::string(c[1]),
         .ascii = std::string(c[2]),
         .alternates = std::string(c[3]),
         .country = std::string(c[8]),
         .admin1 = std::string(c[10]),
         .location = geo::LatLng::from_degrees(std::stod(std::string(c[4])), std::stod(std::string(c[5]))),
         .population = static_cast<std::uint32_t>(std::stoul(std::string(c[14])))});
  });
  return cities;
}

inline std::vector<fs::path> address_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(shared_data() / "openaddresses"))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// The country of an address file, from its name: "us-boston.csv.gz".
inline std::string country_of(const fs::path& file) {
  auto code = file.filename().string().substr(0, 2);
  for (char& c : code) c = static_cast<char>(c - 'a' + 'A');
  return code;
}

inline std::vector<Address> read_addresses() {
  std::vector<Address> addresses;
  for (const auto& file : address_files()) {
    each_row(file, ',', [&](const std::vector<std::string_view>& c) {
      if (c.size() != 11 || c[0] == "LON") return;  // the few quoted rows are left out
      addresses.push_back({.number = std::string(c[2]),
                           .street = std::string(c[3]),
                           .city = std::string(c[5]),
                           .region = std::string(c[7]),
                           .postal_code = std::string(c[8]),
                           .country = country_of(file),
                           .location = geo::LatLng::from_degrees(std::stod(std::string(c[1])),
                                                                 std::stod(std::string(c[0])))});
    });
  }
  return addresses;
}

inline void import(const fs::path& data, std::string format, std::string name,
                   const std::vector<fs::path>& files) {
  std::cerr << "importing " << name << '\n';
  const auto done =
      geo::import_source(files, {.data_directory = data,
                                 .format = std::move(format),
                                 .name = std::move(name),
                                 .now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now())});
  if (!done) throw std::runtime_error(done.error().message);
}

/// What is in `data`.
inline geo::GazetteerPtr open(const fs::path& data) {
  geo::Catalog catalog(data);
  if (const auto ready = catalog.prepare(); !ready) throw std::runtime_error(ready.error().message);
  return catalog.current();
}

/// Imports all but the addresses.
inline void import_towns(const fs::path& data) {
  const auto shared = shared_data();
  import(data, "geonames", "cities",
         {shared / "geonames/cities15000.txt.gz", shared / "geonames/countryInfo.txt",
          shared / "geonames/admin1CodesASCII.txt"});
  import(data, "geonames-postal", "postal", {shared / "postal/allCountries.txt.gz"});
}

/// Imports everything into `data` unless that was done before; the folder may be kept between runs.
inline geo::GazetteerPtr open_world(const fs::path& data) {
  const auto done = data / "imported";
  if (!fs::exists(done)) {
    import_towns(data);
    import(data, "openaddresses", "addresses", address_files());
    std::ofstream(done) << "";
  }
  return open(data);
}

}  // namespace waypost::bench
