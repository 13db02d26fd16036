#include "waypost/geo/plus_code.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

constexpr std::string_view symbols = "23456789CFGHJMPQRVWX";
constexpr char separator = '+', padding = '0';
constexpr std::size_t separator_position = 8;
constexpr int pair_digits =
    10;  // two for each step of 20 × 20; those after it are one for 5 rows × 4 columns
constexpr int most_digits = 15;
constexpr std::int64_t rows = 5, columns = 4, base = 20;
// The finest cells: 1/2.5e7 of a degree of latitude by 1/8.192e6 of a degree of longitude.
constexpr std::int64_t lat_per_degree = 25'000'000, lng_per_degree = 8'192'000;
constexpr std::int64_t lat_end = 180 * lat_per_degree, lng_end = 360 * lng_per_degree;
/// A short code is good while the reference is within half a cell; others may put a place elsewhere.
constexpr double safe_share = 0.4;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::int64_t value_of(char symbol) {
  return static_cast<std::int64_t>(symbols.find(symbol));
}

bool all_symbols(std::string_view text) {
  return text.find_first_not_of(symbols) == std::string_view::npos;
}

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// A cell's height and width in the finest units.
struct Cell {
  std::int64_t height, width;
};
Cell cell_of(int digits) {
  Cell cell{.height = 1, .width = 1};
  for (int i = most_digits; i > std::max(digits, pair_digits); --i) {
    cell.height *= rows;
    cell.width *= columns;
  }
  for (int i = pair_digits; i > digits; i -= 2) {
    cell.height *= base;
    cell.width *= base;
  }
  return cell;
}

/// Where the separator stands in a valid code of either kind, in upper case.
std::optional<std::size_t> separator_of(std::string_view code) {
  const auto at = code.find(separator);
  if (at == std::string_view::npos || code.size() == 1 || at > separator_position || at % 2 != 0)
    return std::nullopt;
  const auto before = code.substr(0, at), after = code.substr(at + 1);
  if (after.size() == 1 || !all_symbols(after)) return std::nullopt;
  const auto digits = before.substr(0, before.find(padding));
  const auto filling = before.substr(digits.size());
  if (!all_symbols(digits)) return std::nullopt;
  if (filling.empty()) return at;
  // Padding stands in for the last pairs of a code that ends with its separator.
  const bool padded = at == separator_position && !digits.empty() && digits.size() % 2 == 0 &&
                      after.empty() && filling.find_first_not_of(padding) == std::string_view::npos;
  return padded ? std::optional(at) : std::nullopt;
}

bool is_full(std::string_view upper_case) {
  return separator_of(upper_case) == separator_position && value_of(upper_case[0]) * base < 180 &&
         value_of(upper_case[1]) * base < 360;
}

bool is_short(std::string_view upper_case) {
  const auto at = separator_of(upper_case);
  return at && *at < separator_position;
}

double span_of_removed(std::size_t digits) {
  return std::pow(20.0, 2.0 - static_cast<double>(digits) / 2);
}

/// The code that begins `text`, with what follows it.
std::optional<PlusCodeInText> code_at_start(std::string_view text) {
  const auto first = text.substr(0, text.find_first_of(" ,\t"));
  auto code = upper(first);
  if (is_full(code) || is_short(code)) return PlusCodeInText{.code = code, .rest = text.substr(first.size())};
  // An unescaped "+" of a query string is a space.
  const bool may_be = first.size() == separator_position && first.size() < text.size() && all_symbols(code) &&
                      code.find_first_not_of("23456789") != std::string::npos;
  if (!may_be) return std::nullopt;
  const auto after = text.substr(first.size() + 1);
  const auto second = after.substr(0, after.find_first_of(" ,\t"));
  code += separator + upper(second);
  if (second.empty() || !is_full(code)) return std::nullopt;
  return PlusCodeInText{.code = code, .rest = after.substr(second.size())};
}

std::optional<PlusCodeInText> code_at_end(std::string_view text) {
  const auto gap = text.find_last_of(" ,\t");
  if (gap == std::string_view::npos) return std::nullopt;
  auto code = upper(text.substr(gap + 1));
  if (!is_full(code) && !is_short(code)) return std::nullopt;
  return PlusCodeInText{.code = std::move(code), .rest = text.substr(0, gap)};
}

std::string_view trim_separators(std::string_view text) {
  const auto first = text.find_first_not_of(" ,\t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" ,\t") - first + 1);
}

}  // namespace

LatLng PlusCodeArea::center() const {
  return LatLng::from_degrees((south + north) / 2, (west + east) / 2);
}

Bounds PlusCodeArea::bounds() const {
  return {.southwest = LatLng::from_degrees(south, west), .northeast = LatLng::from_degrees(north, east)};
}

bool is_full_plus_code(std::string_view text) {
  return is_full(upper(text));
}

bool is_short_plus_code(std::string_view text) {
  return is_short(upper(text));
}

std::string plus_code(LatLng point, int digits) {
  // Integers throughout, floored as the specification demands: 1e7 units of ours are a degree.
  constexpr std::int64_t ours = 10'000'000;
  auto lat = floor_divide(point.lat_e7 * lat_per_degree, ours) + lat_end / 2;
  auto lng = floor_divide(point.lng_e7 * lng_per_degree, ours) + lng_end / 2;
  lat = std::clamp<std::int64_t>(lat, 0, lat_end - 1);  // the pole belongs to the cell below it
  lng %= lng_end;                                       // 180° east is 180° west
  std::array<char, most_digits> code{};
  for (int i = most_digits - 1; i >= pair_digits; --i) {
    code[static_cast<std::size_t>(i)] =
        symbols[static_cast<std::size_t>(lat % rows * columns + lng % columns)];
    lat /= rows;
    lng /= columns;
  }
  for (int i = pair_digits - 2; i >= 0; i -= 2) {
    code[static_cast<std::size_t>(i)] = symbols[static_cast<std::size_t>(lat % base)];
    code[static_cast<std::size_t>(i) + 1] = symbols[static_cast<std::size_t>(lng % base)];
    lat /= base;
    lng /= base;
  }
  const auto kept = static_cast<std::size_t>(std::clamp(digits, 2, most_digits));
  std::string out(code.data(), std::min(kept, separator_position));
  out.resize(separator_position, padding);
  out += separator;
  if (kept > separator_position) out.append(code.data() + separator_position, kept - separator_position);
  return out;
}

std::optional<PlusCodeArea> decode_plus_code(std::string_view code) {
  auto text = upper(code);
  if (!is_full(text)) return std::nullopt;
  std::erase_if(text, [](char c) { return c == separator || c == padding; });
  const int digits = std::min(static_cast<int>(text.size()), most_digits);
  std::int64_t lat = 0, lng = 0;
  for (int i = 0; i < std::min(digits, pair_digits); i += 2) {
    lat = lat * base + value_of(text[static_cast<std::size_t>(i)]);
    lng = lng * base + value_of(text[static_cast<std::size_t>(i) + 1]);
  }
  for (int i = pair_digits; i < digits; ++i) {
    const auto value = value_of(text[static_cast<std::size_t>(i)]);
    lat = lat * rows + value / columns;
    lng = lng * columns + value % columns;
  }
  const auto cell = cell_of(digits);
  const auto lat_degrees = [&](std::int64_t cells) {
    return static_cast<double>(cells * cell.height - lat_end / 2) / lat_per_degree;
  };
  const auto lng_degrees = [&](std::int64_t cells) {
    return static_cast<double>(cells * cell.width - lng_end / 2) / lng_per_degree;
  };
  return PlusCodeArea{.south = lat_degrees(lat),
                      .west = lng_degrees(lng),
                      .north = lat_degrees(lat + 1),
                      .east = lng_degrees(lng + 1),
                      .digits = digits};
}

std::string shorten_plus_code(std::string_view code, LatLng reference, int most) {
  auto text = upper(code);
  const auto area = decode_plus_code(text);
  if (!area || text.find(padding) != std::string::npos) return text;
  const auto center = area->center();
  const double lat = std::abs(center.lat() - reference.lat());
  double lng = std::abs(center.lng() - reference.lng());
  lng = std::min(lng, 360 - lng);
  for (int removed = std::min(most, 6); removed >= 2; removed -= 2) {
    const auto count = static_cast<std::size_t>(removed);
    if (std::max(lat, lng) < span_of_removed(count) * safe_share) return text.substr(count);
  }
  return text;
}

std::string recover_plus_code(std::string_view code, LatLng reference) {
  auto text = upper(code);
  if (is_full(text)) return text;
  if (!is_short(text)) return {};
  const auto missing = separator_position - text.find(separator);
  const auto prefix = plus_code(reference, static_cast<int>(missing));
  const auto area = decode_plus_code(prefix.substr(0, missing) + text), cell = decode_plus_code(prefix);
  if (!area || !cell) return {};
  // The cell of that name in the reference's own square, or in the one beside it, whichever is nearest.
  const double span = span_of_removed(missing);
  const double lat = (area->south + area->north) / 2, lng = (area->west + area->east) / 2;
  double square_lat = cell->center().lat(), square_lng = cell->center().lng();
  if (reference.lat() + span / 2 < lat && lat - span >= -90) square_lat -= span;
  if (reference.lat() - span / 2 > lat && lat + span <= 90) square_lat += span;
  const double reference_lng = reference.lng() < 180 ? reference.lng() : -180;  // where its code lies
  if (reference_lng + span / 2 < lng) square_lng -= span;
  if (reference_lng - span / 2 > lng) square_lng += span;
  const auto square = LatLng::from_degrees(square_lat, std::remainder(square_lng, 360.0));
  return plus_code(square, static_cast<int>(missing)).substr(0, missing) + text;
}

std::optional<PlusCodeInText> find_plus_code(std::string_view text) {
  text = trim_separators(text);
  auto found = code_at_start(text);
  if (!found) found = code_at_end(text);
  if (found) found->rest = trim_separators(found->rest);
  return found;
}

}  // namespace waypost::geo
