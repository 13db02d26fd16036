#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>

#include "bench/geo_perturb.hpp"
#include "bench/geo_world.hpp"

namespace waypost::bench {

/// Ten million rows: each real address again in eleven other towns of its country, the street's words mixed
/// with those of another street, the number moved on.
inline void write_grown(const fs::path& file) {
  const auto addresses = read_addresses();
  auto cities = read_cities();
  std::ranges::sort(cities, std::ranges::greater{}, &City::population);
  std::map<std::string, std::vector<const City*>> by_country;
  for (const auto& city : cities) by_country[city.country].push_back(&city);
  Random random(6);
  std::ofstream out(file);
  out << "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n";
  for (int copy = 0; copy <= 11; ++copy) {
    for (const auto& a : addresses) {
      const auto& towns = by_country[a.country];
      const auto& home =
          *towns[(std::hash<std::string>{}(a.city) + static_cast<std::size_t>(copy) * 7) % towns.size()];
      const auto& other = addresses[(static_cast<std::size_t>(&a - addresses.data()) / 40 * 977 +
                                     static_cast<std::size_t>(copy) * 31'337) %
                                    addresses.size()];
      const auto street = copy == 0 || other.country != a.country
                              ? a.street
                              : other.street + " " + a.street.substr(0, a.street.find(' '));
      const bool real = copy == 0;
      const double lat =
          real ? a.location.lat() : home.location.lat() + static_cast<double>(random() % 1000) * 1e-4 - 0.05;
      const double lng =
          real ? a.location.lng() : home.location.lng() + static_cast<double>(random() % 1000) * 1e-4 - 0.05;
      out << lng << ',' << lat << ',' << a.number << ',' << street << ",," << (real ? a.city : home.name)
          << ",," << (real ? a.region : "") << ',' << (real ? a.postal_code : "") << ",,\n";
    }
  }
}

/// The world with these in place of its addresses.
inline geo::GazetteerPtr open_grown_world(const fs::path& data) {
  if (fs::exists(data / "imported")) return open(data);
  fs::create_directories(data);
  write_grown(data / "rows.csv");
  import_towns(data);
  const auto start = std::chrono::steady_clock::now();
  import(data, "openaddresses", "addresses", {data / "rows.csv"});
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto gazetteer = open(data);
  const auto info = gazetteer->info();
  std::printf("imported %llu houses of %llu streets in %.0f s; %.0f bytes of index each; %ld MB at most\n",
              static_cast<unsigned long long>(info.houses), static_cast<unsigned long long>(info.streets),
              elapsed.count(), static_cast<double>(info.bytes) / static_cast<double>(info.houses),
              used.ru_maxrss / 1024);
  fs::remove(data / "rows.csv");
  std::ofstream(data / "imported") << "";
  return gazetteer;
}

}  // namespace waypost::bench
