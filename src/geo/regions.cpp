#include "geo/regions.hpp"

#include <unicode/locid.h>
#include <unicode/uloc.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <utility>

namespace waypost::geo {
namespace {

constexpr std::array<std::string_view, 62> languages = {
    "af", "ar", "az", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "eo",    "es", "et", "eu",
    "fa", "fi", "fr", "gl", "he", "hi", "hr", "hu", "hy", "id", "it", "ja", "ka",    "kk", "ko", "ky",
    "lt", "lv", "mk", "ml", "mn", "mr", "ms", "nb", "nl", "nn", "pa", "pl", "pt",    "ro", "ru", "sk",
    "sl", "sq", "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "uz", "vi", "zh-tw", "zh"};

struct Abbreviation {
  std::string_view country, admin1, abbreviation;
};
// GeoNames numbers these by FIPS 10-4; the post and everyone else writes letters. US codes are letters
// already.
constexpr auto abbreviations = std::to_array<Abbreviation>({
    {"AU", "01", "ACT"}, {"AU", "02", "NSW"}, {"AU", "03", "NT"}, {"AU", "04", "QLD"}, {"AU", "05", "SA"},
    {"AU", "06", "TAS"}, {"AU", "07", "VIC"}, {"AU", "08", "WA"}, {"BR", "01", "AC"},  {"BR", "02", "AL"},
    {"BR", "03", "AP"},  {"BR", "04", "AM"},  {"BR", "05", "BA"}, {"BR", "06", "CE"},  {"BR", "07", "DF"},
    {"BR", "08", "ES"},  {"BR", "11", "MS"},  {"BR", "13", "MA"}, {"BR", "14", "MT"},  {"BR", "15", "MG"},
    {"BR", "16", "PA"},  {"BR", "17", "PB"},  {"BR", "18", "PR"}, {"BR", "20", "PI"},  {"BR", "21", "RJ"},
    {"BR", "22", "RN"},  {"BR", "23", "RS"},  {"BR", "24", "RO"}, {"BR", "25", "RR"},  {"BR", "26", "SC"},
    {"BR", "27", "SP"},  {"BR", "28", "SE"},  {"BR", "29", "GO"}, {"BR", "30", "PE"},  {"BR", "31", "TO"},
    {"CA", "01", "AB"},  {"CA", "02", "BC"},  {"CA", "03", "MB"}, {"CA", "04", "NB"},  {"CA", "05", "NL"},
    {"CA", "07", "NS"},  {"CA", "08", "ON"},  {"CA", "09", "PE"}, {"CA", "10", "QC"},  {"CA", "11", "SK"},
    {"CA", "12", "YT"},  {"CA", "13", "NT"},  {"CA", "14", "NU"},
});

constexpr auto habits = std::to_array<std::pair<std::string_view, StateHabit>>({
    {"AR", StateHabit::full},
    {"AU", StateHabit::abbreviated_no_comma},
    {"BR", StateHabit::full},
    {"CA", StateHabit::abbreviated},
    {"CN", StateHabit::full},
    {"CO", StateHabit::full},
    {"ID", StateHabit::full},
    {"IN", StateHabit::full},
    {"MX", StateHabit::full},
    {"MY", StateHabit::full},
    {"US", StateHabit::abbreviated},
});

}  // namespace

std::vector<std::string_view> country_name_languages() {
  return {languages.begin(), languages.end()};
}

std::string country_name(std::string_view iso, std::string_view language) {
  const std::string code(iso);
  const icu::Locale country("", code.c_str());
  icu::UnicodeString name;
  country.getDisplayCountry(icu::Locale::createCanonical(std::string(language).c_str()), name);
  std::string out;
  name.toUTF8String(out);
  return out == iso ? std::string() : out;
}

std::string_view iso3(std::string_view iso) {
  const std::string locale = "und_" + std::string(iso);
  return uloc_getISO3Country(locale.c_str());
}

std::string_view state_abbreviation(std::string_view iso, std::string_view admin1) {
  if (iso == "US") return admin1;
  const auto* found = std::ranges::find_if(
      abbreviations, [&](const Abbreviation& row) { return row.country == iso && row.admin1 == admin1; });
  return found == abbreviations.end() ? std::string_view() : found->abbreviation;
}

StateHabit state_habit(std::string_view iso) {
  const auto* found = std::ranges::find(habits, iso, &std::pair<std::string_view, StateHabit>::first);
  return found == habits.end() ? StateHabit::none : found->second;
}

std::string country_of_region(std::string_view region) {
  if (region.starts_with('.')) region.remove_prefix(1);
  std::string code;
  for (const char c : region) code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return code == "UK" ? "GB" : code;
}

}  // namespace waypost::geo
