#include "geo/strict_parameters.hpp"

#include <algorithm>
#include <charconv>

#include "waypost/base/hint.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

template <class Number>
std::optional<Number> parse(std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most))
    return std::nullopt;
  return value;
}

std::string range_of(auto least, auto most) {
  return std::to_string(static_cast<std::int64_t>(least)) + " to " +
         std::to_string(static_cast<std::int64_t>(most));
}

}  // namespace

std::optional<std::string_view> StrictParameters::text(std::string_view name) {
  asked_.push_back(name);
  std::optional<std::string_view> value;
  for (const auto& [key, given] : parameters_) {
    if (key != name) continue;
    if (value) fault(name, "duplicate", "is given more than once");
    value = given;
  }
  if (value && value->empty()) {
    fault(name, "invalid", "must not be empty");
    return std::nullopt;
  }
  return value;
}

std::vector<std::string_view> StrictParameters::texts(std::string_view name) {
  asked_.push_back(name);
  std::vector<std::string_view> values;
  for (const auto& [key, given] : parameters_) {
    if (key == name) values.push_back(given);
  }
  return values;
}

std::optional<double> StrictParameters::number(std::string_view name, double least, double most) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto value = parse(*given, least, most);
  if (!value)
    fault(name, "out_of_range",
          "is '" + std::string(*given) + "' and must be a number from " + range_of(least, most));
  return value;
}

std::optional<std::size_t> StrictParameters::whole(std::string_view name, std::size_t least,
                                                   std::size_t most) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto value = parse(*given, least, most);
  if (!value)
    fault(name, "out_of_range",
          "is '" + std::string(*given) + "' and must be a whole number from " + range_of(least, most));
  return value;
}

std::optional<bool> StrictParameters::flag(std::string_view name) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  if (*given == "true" || *given == "false") return *given == "true";
  fault(name, "invalid", "is '" + std::string(*given) + "' and must be true or false");
  return std::nullopt;
}

std::optional<Bounds> StrictParameters::box(std::string_view name) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto box = parse_bbox(*given);
  if (!box) fault(name, "invalid", "must be west,south,east,north in degrees");
  return box;
}

std::optional<LatLng> StrictParameters::point(std::string_view name) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto point = parse_latlng(*given);
  if (!point) fault(name, "invalid", "must be lat,lng in degrees");
  return point;
}

std::vector<Kind> StrictParameters::kinds(std::string_view name) {
  const auto given = text(name);
  std::vector<Kind> kinds;
  if (!given) return kinds;
  for (const auto item : text::split(*given, ',')) {
    const auto kind = kind_named(text::trim(item));
    if (kind) {
      kinds.push_back(*kind);
    } else {
      fault(name, "invalid",
            "has '" + std::string(text::trim(item)) +
                "', which is none of country, admin1, admin2, locality, sublocality, postal_code, street, "
                "address");
    }
  }
  return kinds;
}

void StrictParameters::require(std::string_view name) {
  const bool given = std::ranges::any_of(parameters_, [&](const auto& pair) { return pair.first == name; });
  if (!given) fault(name, "required", "is missing");
}

void StrictParameters::fault(std::string_view name, std::string code, std::string_view what) {
  faults_.push_back({.pointer = std::nullopt,
                     .parameter = std::string(name),
                     .code = std::move(code),
                     .detail = "'" + std::string(name) + "' " + std::string(what)});
}

std::optional<Error> StrictParameters::finish() {
  for (const auto& [name, value] : parameters_) {
    if (std::ranges::find(asked_, name) != asked_.end()) continue;
    fault(name, "unknown_parameter", "is not known here" + text::hint(name, asked_));
  }
  if (faults_.empty()) return std::nullopt;
  Error error{.code = Code::invalid_parameter,
              .message = faults_.size() == 1 ? faults_.front().detail
                                             : std::to_string(faults_.size()) + " parameters are not valid"};
  error.faults = std::move(faults_);
  return error;
}

}  // namespace waypost::geo
