#include "geo/countries.hpp"

#include <unicode/locid.h>

#include <algorithm>
#include <array>
#include <vector>

#include "geo/columns.hpp"
#include "geo/regions.hpp"

namespace waypost::geo {
namespace {

struct Alpha {
  std::string_view three, two;
};
// Natural Earth's ADM0_A3 where it is not ISO 3166's: whose it is to GeoNames.
constexpr auto own_alpha3 = std::to_array<Alpha>({
    {"ALD", "AX"}, {"ATC", "AU"}, {"BJN", "CO"}, {"CLP", "FR"}, {"CNM", "CY"}, {"CSI", "AU"}, {"CYN", "CY"},
    {"ESB", "CY"}, {"IOA", "CX"}, {"KAB", "KZ"}, {"KAS", "IN"}, {"KOS", "XK"}, {"PSX", "PS"}, {"SAH", "EH"},
    {"SDS", "SS"}, {"SER", "CO"}, {"SOL", "SO"}, {"USG", "CU"}, {"WSB", "CY"}, {"XKX", "XK"},
});

struct Part {
  std::string_view whole, part;
  double south, west, north, east;
};
// The last: Crimea, which Natural Earth draws by who holds it and GeoNames counts to Ukraine.
constexpr auto parts = std::to_array<Part>({
    {"CX", "CC", -12.5, 96.5, -11.5, 97.2},
    {"FR", "GF", 2, -55, 6, -51},
    {"FR", "GP", 15.7, -62, 16.6, -60.8},
    {"FR", "MQ", 14.3, -61.4, 15, -60.7},
    {"FR", "RE", -21.6, 55, -20.6, 56},
    {"FR", "YT", -13.2, 44.8, -12.4, 45.5},
    {"NL", "BQ", 11.9, -68.6, 12.5, -68},
    {"NL", "BQ", 17.3, -63.4, 17.8, -62.8},
    {"NO", "BV", -54.7, 3, -54.2, 3.7},
    {"NO", "SJ", 70.6, -9.5, 71.4, -7.6},
    {"NO", "SJ", 74, 5, 81.5, 36},
    {"NZ", "TK", -9.7, -172.8, -8.3, -171},
    {"RU", "UA", 44.3, 32.4, 46.3, 36.6},
});

const std::vector<std::string_view>& known_countries() {
  static const std::vector<std::string_view> codes = [] {
    std::vector<std::string_view> all = {"XK"};
    for (const char* const* code = icu::Locale::getISOCountries(); *code != nullptr; ++code)
      all.emplace_back(*code);
    std::ranges::sort(all);
    return all;
  }();
  return codes;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::optional<std::string> known(std::string_view text) {
  auto code = upper(text);
  return is_known_country(code) ? std::optional(std::move(code)) : std::nullopt;
}

}  // namespace

bool is_known_country(std::string_view iso) {
  return std::ranges::binary_search(known_countries(), iso);
}

std::string country_of_alpha3(std::string_view alpha3) {
  const auto code = upper(alpha3);
  if (const auto* own = std::ranges::find(own_alpha3, code, &Alpha::three); own != own_alpha3.end())
    return std::string(own->two);
  for (const auto iso : known_countries())
    if (iso3(iso) == code) return std::string(iso);
  return {};
}

std::optional<std::string> country_of_file(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  if (name.size() > 3 && name[2] == '-') return known(std::string_view(name).substr(0, 2));
  // The outermost of the two-letter folders right above the file: us/ca/statewide.csv.
  std::optional<std::string> country;
  for (auto folder = file.parent_path(); folder.filename().string().size() == 2;
       folder = folder.parent_path()) {
    const auto code = known(folder.filename().string());
    if (!code) break;
    country = code;
  }
  return country;
}

std::string_view country_of_part(std::string_view iso, double lat, double lng) {
  const auto* part = std::ranges::find_if(parts, [&](const Part& p) {
    return p.whole == iso && lat >= p.south && lat <= p.north && lng >= p.west && lng <= p.east;
  });
  return part == parts.end() ? iso : part->part;
}

}  // namespace waypost::geo
