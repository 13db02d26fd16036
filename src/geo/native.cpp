#include "waypost/geo/native.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "geo/address.hpp"
#include "geo/number_text.hpp"
#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

constexpr std::int64_t most_results = 1000;

/// Reads query parameters strictly: each known one once, every fault noted, the unknown ones last.
class Query {
 public:
  explicit Query(Parameters parameters) : parameters_(parameters) {}

  std::optional<std::string_view> text(std::string_view name) {
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

  std::optional<double> number(std::string_view name, double least, double most) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
    if (error != std::errc() || end != given->data() + given->size() || !(value >= least && value <= most)) {
      fault(name, "out_of_range",
            "is '" + std::string(*given) + "' and must be a number from " + trimmed(least) + " to " +
                trimmed(most));
      return std::nullopt;
    }
    return value;
  }

  std::optional<std::size_t> limit() {
    const auto given = text("limit");
    if (!given) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
    if (error != std::errc() || end != given->data() + given->size() || value < 1 || value > most_results) {
      fault("limit", "out_of_range",
            "is '" + std::string(*given) + "' and must be a whole number from 1 to 1000");
      return std::nullopt;
    }
    return static_cast<std::size_t>(value);
  }

  /// Kinds of places; of those this gazetteer cannot hold yet, a list may consist wholly.
  std::optional<std::vector<Kind>> kinds() {
    const auto given = text("types");
    if (!given) return std::vector<Kind>{};
    std::vector<Kind> kinds;
    bool other = false;
    for (const auto item : text::split(*given, ',')) {
      const auto name = text::trim(item);
      if (name == "postal_code" || name == "street" || name == "address") {
        other = true;
      } else if (const auto kind = kind_named(name)) {
        kinds.push_back(*kind);
      } else {
        fault("types", "invalid",
              "has '" + std::string(name) +
                  "', which is none of country, admin1, admin2, locality, postal_code, street, address");
      }
    }
    if (kinds.empty() && other) return std::nullopt;
    return kinds;
  }

  void require(std::string_view name) {
    if (std::ranges::find(parameters_, name, &std::pair<std::string, std::string>::first) ==
        parameters_.end()) {
      fault(name, "required", "is missing");
    }
  }

  void fault(std::string_view name, std::string code, std::string_view what) {
    faults_.push_back({.pointer = std::nullopt,
                       .parameter = std::string(name),
                       .code = std::move(code),
                       .detail = "'" + std::string(name) + "' " + std::string(what)});
  }

  /// Notes unknown parameters; the error, if there was any fault.
  std::optional<Error> finish() {
    for (const auto& [name, value] : parameters_) {
      if (std::ranges::find(asked_, name) != asked_.end()) continue;
      const auto near = text::nearest(name, asked_);
      fault(name, "unknown_parameter",
            near ? "is not known here; did you mean '" + *near + "'?" : "is not known here");
    }
    if (faults_.empty()) return std::nullopt;
    return Error{.code = Code::invalid_parameter,
                 .message = faults_.size() == 1
                                ? faults_.front().detail
                                : std::to_string(faults_.size()) + " parameters are not valid",
                 .cause = {},
                 .faults = std::move(faults_)};
  }

 private:
  static std::string trimmed(double value) { return std::to_string(static_cast<std::int64_t>(value)); }

  Parameters parameters_;
  std::vector<std::string_view> asked_;
  std::vector<Fault> faults_;
};

/// `west,south,east,north`.
std::optional<Bounds> parse_bbox(std::string_view text) {
  const auto parts = text::split(text, ',');
  if (parts.size() != 4) return std::nullopt;
  const auto corner = [&](std::size_t lng, std::size_t lat) {
    return parse_latlng(std::string(parts[lat]) + "," + std::string(parts[lng]));
  };
  const auto southwest = corner(0, 1), northeast = corner(2, 3);
  if (!southwest || !northeast || southwest->lat_e7 > northeast->lat_e7) return std::nullopt;
  return Bounds{.southwest = *southwest, .northeast = *northeast};
}

/// `street=&city=&postal_code=&state=&country=` in place of `q`; whether any was given.
bool read_structured(Query& query, ForwardQuery& out) {
  bool any = false;
  const auto take = [&](std::string_view name, std::vector<std::string>& values) {
    if (const auto value = query.text(name)) {
      values.emplace_back(*value);
      any = true;
    }
  };
  take("street", out.filters.route);
  take("city", out.filters.locality);
  take("postal_code", out.filters.postal_code);
  take("state", out.filters.administrative_area);
  return any;
}

void write_text(json::Writer& json, std::string_view name, std::string_view value) {
  json.key(name);
  value.empty() ? json.null() : json.string(value);
}

void write_point(json::Writer& json, LatLng point) {
  std::string digits;
  append_degrees(digits, point.lng_e7);
  digits += ',';
  append_degrees(digits, point.lat_e7);
  json.raw("[" + digits + "]");
}

std::string_view name_of(MatchKind match) {
  switch (match) {
    case MatchKind::exact:
      return "exact";
    case MatchKind::prefix:
      return "prefix";
    case MatchKind::fuzzy:
      return "fuzzy";
    case MatchKind::partial:
      return "partial";
  }
  return "partial";
}

void write_properties(json::Writer& json, const Answer& answer, const Hit& hit, const Place& place) {
  const Gazetteer& gazetteer = *answer.gazetteer;
  const auto name = gazetteer.name(place.number, answer.languages);
  const auto name_or_none = [&](PlaceNumber number) {
    return number == no_place ? std::string_view() : gazetteer.name(number, answer.languages);
  };
  std::string label;
  append_formatted_address(label, gazetteer, place, answer.languages);
  json.key("properties").begin_object();
  json.field("place_id", place_id_of(gazetteer, hit)).field("name", name).field("label", label);
  json.field("type", name_of(place.kind));
  write_text(json, "country_code", place.country == no_place ? "" : gazetteer.place(place.country).code);
  write_text(json, "country", name_or_none(place.country));
  write_text(json, "admin1", name_or_none(place.admin1));
  write_text(json, "locality", place.kind == Kind::locality ? name : std::string_view());
  for (const auto absent : {"postal_code", "street", "house_number"}) json.key(absent).null();
  json.key("population");
  place.population > 0 ? json.integer(place.population) : json.null();
  write_text(json, "timezone", place.timezone);
  json.key("score").number(std::round(hit.score * 1000) / 1000);
  json.field("match", name_of(hit.match));
  if (hit.distance_m) json.key("distance_m").number(std::round(*hit.distance_m));
  json.field("source", place.source);
  json.end_object();
}

void write_feature(json::Writer& json, const Answer& answer, const Hit& hit) {
  const auto place = answer.gazetteer->place(hit.place);
  json.begin_object();
  json.field("type", "Feature");
  if (place.bounds) {
    std::string box = "[";
    for (const auto e7 : {place.bounds->southwest.lng_e7, place.bounds->southwest.lat_e7,
                          place.bounds->northeast.lng_e7, place.bounds->northeast.lat_e7}) {
      if (box.size() > 1) box += ',';
      append_degrees(box, e7);
    }
    json.key("bbox").raw(box + "]");
  }
  json.key("geometry").begin_object().field("type", "Point").key("coordinates");
  write_point(json, place.location);
  json.end_object();
  write_properties(json, answer, hit, place);
  json.end_object();
}

}  // namespace

Result<ForwardQuery> parse_native_forward(Parameters parameters, std::string_view accept_language) {
  Query query(parameters);
  ForwardQuery out;
  out.also_much_smaller = true;
  const auto q = query.text("q");
  const bool structured = read_structured(query, out);
  if (const auto country = query.text("country")) out.filters.country.emplace_back(*country);
  if (q) {
    out.text = *q;
    if (structured)
      query.fault("q", "conflict", "cannot be combined with street, city, postal_code or state");
  } else if (!out.filters.names_a_place()) {
    query.require("q");
  }
  out.limit = query.limit().value_or(10);
  out.language = query.text("lang").value_or(accept_language);
  if (const auto box = query.text("bbox")) {
    out.filters.within = parse_bbox(*box);
    if (!out.filters.within) query.fault("bbox", "invalid", "must be west,south,east,north in degrees");
  }
  if (const auto focus = query.text("focus")) {
    out.focus = parse_latlng(*focus);
    if (!out.focus) query.fault("focus", "invalid", "must be lat,lng in degrees");
  }
  if (auto kinds = query.kinds()) {
    out.filters.kinds = std::move(*kinds);
  } else {
    out.filters.postal_code.emplace_back();  // only kinds that no source has: nothing can be found
  }
  if (auto error = query.finish()) return std::unexpected(std::move(*error));
  return out;
}

Result<ReverseQuery> parse_native_reverse(Parameters parameters, std::string_view accept_language) {
  Query query(parameters);
  ReverseQuery out;
  query.require("lat");
  query.require("lng");
  const auto lat = query.number("lat", -90, 90), lng = query.number("lng", -180, 180);
  out.radius_m = query.number("radius_m", 1, 200'000).value_or(20'000);
  out.limit = query.limit().value_or(10);
  out.language = query.text("lang").value_or(accept_language);
  if (auto kinds = query.kinds()) {
    out.kinds = std::move(*kinds);
  } else {
    out.location_types = {LocationType::rooftop};  // only kinds that no source has
  }
  if (auto error = query.finish()) return std::unexpected(std::move(*error));
  out.point = LatLng::from_degrees(lat.value_or(0), lng.value_or(0));
  return out;
}

Result<std::string> native_place(const GazetteerPtr& gazetteer, std::string_view place_id,
                                 Parameters parameters, std::string_view accept_language) {
  Query query(parameters);
  const PlaceQuery wanted{.place_id = std::string(place_id),
                          .language = std::string(query.text("lang").value_or(accept_language))};
  if (!parse_place_id(place_id)) query.fault("place_id", "invalid", "is not a place id");
  if (auto error = query.finish()) return std::unexpected(std::move(*error));
  const auto answer = place(gazetteer, wanted);
  if (answer.hits.empty()) return fail(Code::not_found, "there is no place " + std::string(place_id));
  std::string out;
  json::Writer json(out);
  write_feature(json, answer, answer.hits.front());
  return out;
}

std::string geojson(const Answer& answer) {
  std::string out;
  out.reserve(64 + answer.hits.size() * 640);
  json::Writer json(out);
  json.begin_object().field("type", "FeatureCollection").key("features").begin_array();
  for (const auto& hit : answer.hits) write_feature(json, answer, hit);
  json.end_array().end_object();
  return out;
}

}  // namespace waypost::geo
