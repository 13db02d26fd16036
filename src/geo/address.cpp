#include "geo/address.hpp"

#include <algorithm>
#include <utility>

#include "geo/regions.hpp"
#include "geo/short_street.hpp"
#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

/// A part's types; two, but for sublocalities.
struct Types {
  std::array<std::string_view, 3> names;
  std::size_t count;
};
constexpr std::array<Types, 12> part_types = {{
    {.names = {"plus_code"}, .count = 1},
    {.names = {"street_number"}, .count = 1},
    {.names = {"route"}, .count = 1},
    {.names = {"political", "sublocality", "sublocality_level_1"}, .count = 3},
    {.names = {"locality", "political"}, .count = 2},
    {.names = {"administrative_area_level_5", "political"}, .count = 2},
    {.names = {"administrative_area_level_4", "political"}, .count = 2},
    {.names = {"administrative_area_level_3", "political"}, .count = 2},
    {.names = {"administrative_area_level_2", "political"}, .count = 2},
    {.names = {"administrative_area_level_1", "political"}, .count = 2},
    {.names = {"country", "political"}, .count = 2},
    {.names = {"postal_code"}, .count = 1},
}};
constexpr std::array<std::string_view, 1> address_types = {"street_address"};

/// Types as a JSON array; they need no escapes.
struct TypesJson {
  std::array<char, 64> text{};
  std::size_t size = 0;

  constexpr explicit TypesJson(std::span<const std::string_view> types) {
    for (const auto type : types) {
      add(size == 0 ? "[\"" : ",\"");
      add(type);
      add("\"");
    }
    add("]");
  }
  constexpr void add(std::string_view more) {
    std::ranges::copy(more, text.begin() + static_cast<std::ptrdiff_t>(size));
    size += more.size();
  }
  constexpr operator std::string_view() const { return {text.data(), size}; }
};
constexpr auto part_types_json = [] {
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return std::array{TypesJson(std::span(part_types[i].names).first(part_types[i].count))...};
  }(std::make_index_sequence<part_types.size()>());
}();
constexpr TypesJson address_types_json(address_types);

Part part_of(Kind kind) {
  switch (kind) {
    case Kind::country:
      return Part::country;
    case Kind::admin1:
      return Part::admin1;
    case Kind::admin2:
      return Part::admin2;
    case Kind::admin3:
      return Part::admin3;
    case Kind::admin4:
      return Part::admin4;
    case Kind::admin5:
      return Part::admin5;
    case Kind::locality:
      return Part::locality;
    case Kind::sublocality:
      return Part::sublocality;
    case Kind::postal_code:
      return Part::postal_code;
    case Kind::street:
    case Kind::house:
      return Part::street;
    case Kind::plus_code:
      return Part::plus_code;
  }
  return Part::locality;
}

bool is_area(Kind kind) {
  return kind >= Kind::admin1 && kind <= Kind::admin5;
}

/// Chinese, Japanese or Korean script, by the lead bytes of its blocks in UTF-8.
bool is_east_asian(std::string_view text) {
  return !text.empty() && static_cast<unsigned char>(text.front()) >= 0xE3 &&
         static_cast<unsigned char>(text.front()) <= 0xED;
}

/// Writes the fields of a pattern, its letters; of the separators around those that are empty the strongest
/// stays.
template <class FieldText>
std::string fill(std::string_view pattern, FieldText field) {
  constexpr std::size_t seldom_more = 80;
  std::string out;
  out.reserve(seldom_more);
  std::string_view separator;
  for (std::size_t begin = 0, i = 0; i < pattern.size(); ++i) {
    if (pattern[i] < 'A' || pattern[i] > 'Z') continue;
    const auto between = pattern.substr(begin, i - begin);
    begin = i + 1;
    if (between.size() > separator.size()) separator = between;
    const std::string_view text = field(pattern[i]);
    if (text.empty()) continue;
    if (!out.empty()) out += separator;
    out += text;
    separator = {};
  }
  return out;
}

}  // namespace

std::span<const std::string_view> google_types(Part part) {
  const auto& types = part_types[static_cast<std::size_t>(part)];
  return std::span(types.names).first(types.count);
}

std::span<const std::string_view> google_types(Kind kind) {
  return kind == Kind::house ? address_types : google_types(part_of(kind));
}

std::string_view google_types_json(Part part) {
  return part_types_json[static_cast<std::size_t>(part)];
}

std::string_view google_types_json(Kind kind) {
  return kind == Kind::house ? address_types_json : google_types_json(part_of(kind));
}

Address::Address(const Answer& answer, const Hit& hit)
    : answer_(answer), hit_(hit), kind_(kind_of(*answer.gazetteer, hit)) {
  if (hit.place != no_place) place_ = answer.gazetteer->place(hit.place);
  if (place_.country != no_place) country_code_ = answer.gazetteer->code(place_.country);
  format_ = &address_format(country_code_);
  locality_ = place_.kind == Kind::locality ? place_.number : place_.locality;
  if (kind_ == Kind::plus_code) {
    const bool near_a_place = place_.number != no_place;
    short_code_ = near_a_place ? shorten_plus_code(hit.plus_code, place_.location, 4) : hit.plus_code;
    add(Part::plus_code, short_code_, short_code_);
  }
  if (hit.house) add(Part::house_number, hit.house->number, hit.house->number);
  if (place_.kind == Kind::street && place_.number != no_place) {
    const auto name = answer.gazetteer->name(place_.number, answer.languages);
    if (format_->short_street) short_street_ = short_street_name(name);
    add(Part::street, name, short_street_.empty() ? name : std::string_view(short_street_));
  }
  if (kind_ == Kind::postal_code) add_place(Part::postal_code, place_.number);  // what it is itself
  if (place_.kind == Kind::sublocality) add_place(Part::sublocality, place_.number);
  add_place(Part::locality, locality_);
  if (is_area(place_.kind) && place_.kind > Kind::admin2) add_place(part_of(place_.kind), place_.number);
  add_place(Part::admin2, place_.admin2);
  add_place(Part::admin1, place_.admin1);
  add_place(Part::country, place_.country);
  if (hit.house && hit.house->postal_code != no_place) {
    add_place(Part::postal_code, hit.house->postal_code);
  } else if (kind_ != Kind::postal_code && kind_ != Kind::plus_code) {
    add_place(Part::postal_code, place_.postal_code);
  }
}

void Address::add(Part part, std::string_view long_name, std::string_view short_name) {
  components_[size_++] = {.part = part, .long_name = long_name, .short_name = short_name};
}

void Address::add_place(Part part, PlaceNumber number) {
  if (number == no_place) return;
  const auto name = answer_.gazetteer->name(number, answer_.languages);
  const auto code = answer_.gazetteer->code(number);
  add(part, name, code.empty() ? name : code);
}

std::string_view Address::text(Part part) const {
  const auto* found = std::ranges::find(components(), part, &Component::part).base();
  return found == components_.data() + size_ ? std::string_view() : found->long_name;
}

std::string_view Address::short_text(Part part) const {
  const auto* found = std::ranges::find(components(), part, &Component::part).base();
  return found == components_.data() + size_ ? std::string_view() : found->short_name;
}

std::string Address::name() const {
  return kind_ == Kind::house ? street_line() : std::string(text(part_of(kind_)));
}

/// What stands in the town's place: an area for itself.
std::string_view Address::town() const {
  return text(is_area(kind_) ? part_of(kind_) : Part::locality);
}

std::string Address::street_line() const {
  const auto number = text(Part::house_number);
  std::string street(format_->short_street ? short_text(Part::street) : text(Part::street));
  if (number.empty()) return street;
  if (is_east_asian(street)) return street + " " + std::string(number);
  switch (format_->house) {
    case HousePlace::before:
      return std::string(number) + " " + street;
    case HousePlace::after:
      return street + " " + std::string(number);
    case HousePlace::after_comma:
      return street + ", " + std::string(number);
  }
  return street;
}

std::string_view Address::state() const {
  if (kind_ == Kind::admin1) return {};
  const bool shorten = format_->short_state && answer_.languages.tag == "en";
  const auto state = shorten ? short_text(Part::admin1) : text(Part::admin1);
  return state == town() ? std::string_view() : state;  // "São Paulo, Brazil"
}

std::string_view Address::country_line() const {
  const auto name = text(Part::country), language = answer_.languages.tag;
  if (name == town()) return {};  // "Singapore"
  if (country_code() == "US" && (language == "en" || language == "de")) return "USA";
  if (country_code() == "GB" && language == "en") return "UK";
  return name;
}

std::string Address::formatted() const {
  if (kind_ == Kind::country) return std::string(text(Part::country));
  if (large_first(answer_.languages.tag) != nullptr && kind_ != Kind::plus_code)
    return formatted_large_first();
  auto pattern = format_->pattern;
  std::string first = street_line();
  if (first.empty() && kind_ == Kind::sublocality) first = text(Part::sublocality);
  if (kind_ == Kind::plus_code) {
    first = short_code_;
    // "CWC8+R9 Mountain View": the town completes the code, so nothing comes between them.
    pattern = pattern.contains('A') ? "S L, A, C" : "S L, C";
  }
  return fill(pattern, [&](char field) -> std::string_view {
    switch (field) {
      case 'S':
        return first;
      case 'L':
        return town() == first ? std::string_view() : town();
      case 'A':
        return state();
      case 'Z':
        return text(Part::postal_code);
      default:
        return country_line();
    }
  });
}

std::string Address::formatted_large_first() const {
  const auto& habit = *large_first(answer_.languages.tag);
  const bool home = habit.language != "ja" || country_code() == "JP";
  std::string out(country_line());
  if (!out.empty()) out += home ? habit.after_country : " ";
  if (const auto code = text(Part::postal_code); !code.empty()) {
    if (home) out += habit.before_postal_code;
    out += code;
    out += home ? habit.after_postal_code : " ";
  }
  bool more = false;
  const auto append = [&](std::string_view text, std::string_view between) {
    if (text.empty()) return;
    if (more) out += between;
    out += text;
    more = true;
  };
  if (format_->pattern.contains('A')) append(state(), habit.between);
  append(town(), habit.between);
  if (kind_ == Kind::sublocality) append(text(Part::sublocality), habit.between);
  append(text(Part::street), habit.between);
  append(text(Part::house_number), habit.before_house);
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string compound_code(const Answer& answer, LatLng point, PlaceNumber town) {
  if (town == no_place) return {};
  const auto code = plus_code(point);
  Hit hit;
  hit.place = town;
  hit.plus_code = code;
  const Address address(answer, hit);
  return address.text(Part::plus_code).size() < code.size() ? address.formatted() : std::string();
}

}  // namespace waypost::geo
