#include "geo/default_data.hpp"

// The assembler copies each file into read-only data, with a label before and after it.
#define WAYPOST_EMBED(label, file)                                                                           \
  __asm__(".pushsection .rodata\n.balign 16\n.globl waypost_" #label "_begin\n.hidden waypost_" #label       \
          "_begin\nwaypost_" #label "_begin:\n.incbin \"" WAYPOST_DATA "/" file "\"\n.globl waypost_" #label \
          "_end\n.hidden waypost_" #label "_end\nwaypost_" #label "_end:\n.byte 0\n.popsection\n");          \
  extern "C" const char waypost_##label##_begin[];                                                           \
  extern "C" const char waypost_##label##_end[];

WAYPOST_EMBED(cities, "cities.txt.gz")
WAYPOST_EMBED(countries, "countryInfo.txt.gz")
WAYPOST_EMBED(admin1, "admin1CodesASCII.txt.gz")
WAYPOST_EMBED(names, "alternateNames.txt.gz")
WAYPOST_EMBED(boundaries, "boundaries.geojsonl.gz")
WAYPOST_EMBED(version, "VERSION")
WAYPOST_EMBED(boundaries_version, "BOUNDARIES_VERSION")

namespace waypost::geo::default_data {
namespace {

std::string_view first_line(const char* begin, const char* end) {
  const std::string_view text(begin, end);
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string_view cities() {
  return {waypost_cities_begin, waypost_cities_end};
}
std::string_view countries() {
  return {waypost_countries_begin, waypost_countries_end};
}
std::string_view admin1() {
  return {waypost_admin1_begin, waypost_admin1_end};
}
std::string_view alternate_names() {
  return {waypost_names_begin, waypost_names_end};
}

std::string_view boundaries() {
  return {waypost_boundaries_begin, waypost_boundaries_end};
}
std::string_view version() {
  return first_line(waypost_version_begin, waypost_version_end);
}
std::string_view boundaries_version() {
  return first_line(waypost_boundaries_version_begin, waypost_boundaries_version_end);
}

}  // namespace waypost::geo::default_data
