#include <algorithm>
#include <array>
#include <charconv>

#include "geo/osm_terms.hpp"
#include "geo/regions.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/nominatim.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t most_results = 40, most_looked_up = 50;
constexpr std::size_t searched_for_filters = 1000;  // hits that are looked through for those that pass

/// Reads leniently, but notes what is no value of its parameter.
class Reader {
 public:
  Reader(Parameters parameters, std::string_view accept_language)
      : parameters_(parameters), accept_language_(accept_language) {}

  std::string_view text(std::string_view name) const { return first_value(parameters_, name); }

  std::optional<double> number(std::string_view name, double least, double most) {
    const auto given = text(name);
    if (given.empty()) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    if (error == std::errc() && end == given.data() + given.size() && value >= least && value <= most)
      return value;
    fault(name, "out_of_range",
          "must be a number from " + std::to_string(static_cast<int>(least)) + " to " +
              std::to_string(static_cast<int>(most)));
    return std::nullopt;
  }

  bool flag(std::string_view name, bool otherwise) const {
    const auto given = text(name);
    return given.empty() ? otherwise : given != "0" && given != "false";
  }

  std::string language() const {
    const auto given = text("accept-language");
    return std::string(given.empty() ? accept_language_ : given);
  }

  NominatimOutput output(NominatimFormat format, bool address_details) {
    static constexpr std::array<std::pair<std::string_view, NominatimFormat>, 5> formats = {{
        {"json", NominatimFormat::json},
        {"jsonv2", NominatimFormat::jsonv2},
        {"geojson", NominatimFormat::geojson},
        {"geocodejson", NominatimFormat::geocodejson},
        {"xml", NominatimFormat::xml},
    }};
    if (const auto given = text("format"); !given.empty()) {
      const auto* found =
          std::ranges::find(formats, given, &std::pair<std::string_view, NominatimFormat>::first);
      if (found != formats.end())
        format = found->second;
      else
        fault("format", "invalid", "must be one of xml, json, jsonv2, geojson, geocodejson");
    }
    return {.format = format,
            .address_details = flag("addressdetails", address_details),
            .name_details = flag("namedetails", false),
            .extra_tags = flag("extratags", false),
            .query = {}};
  }

  void fault(std::string_view name, std::string code, std::string_view what) {
    faults_.push_back({.pointer = std::nullopt,
                       .parameter = std::string(name),
                       .code = std::move(code),
                       .detail = "'" + std::string(name) + "' " + std::string(what)});
  }

  std::optional<Error> finish() {
    if (faults_.empty()) return std::nullopt;
    Error error{.code = Code::invalid_parameter,
                .message = faults_.size() == 1
                               ? faults_.front().detail
                               : std::to_string(faults_.size()) + " parameters are not valid"};
    error.faults = std::move(faults_);
    return error;
  }

 private:
  Parameters parameters_;
  std::string_view accept_language_;
  std::vector<Fault> faults_;
};

AddressParts read_parts(const Reader& given) {
  AddressParts parts;
  parts.street = given.text("street");
  parts.locality = given.text("city");
  parts.postal_code = given.text("postalcode");
  // A county is looked for among the areas too; the state says more when both are given.
  parts.admin = given.text("state").empty() ? given.text("county") : given.text("state");
  parts.country = given.text("country");
  return parts;
}

std::string in_one_line(const AddressParts& parts) {
  std::string line;
  for (const auto& part : {parts.street, parts.locality, parts.admin, parts.country, parts.postal_code}) {
    if (part.empty()) continue;
    if (!line.empty()) line += ", ";
    line += part;
  }
  return line;
}

/// `x1,y1,x2,y2`: any two opposite corners.
std::optional<Bounds> parse_viewbox(std::string_view text) {
  const auto parts = text::split(text, ',');
  if (parts.size() != 4) return std::nullopt;
  const auto corner = [](std::string_view x, std::string_view y) {
    return std::string(y) + "," + std::string(x);
  };
  return parse_bounds(corner(parts[0], parts[1]) + "|" + corner(parts[2], parts[3]));
}

std::vector<Kind> parse_feature_type(std::string_view name) {
  if (name == "country") return {Kind::country};
  if (name == "state") return {Kind::admin1};
  if (name == "city") return {Kind::locality};
  if (name == "settlement") return {Kind::locality, Kind::sublocality};
  return {};
}

/// What a map at a zoom level would label (Nominatim's table of `zoom`).
int rank_of_zoom(double zoom) {
  struct Row {
    double zoom;
    int rank;
  };
  constexpr std::array<Row, 9> rows = {
      {{4, 4}, {7, 8}, {9, 12}, {10, 16}, {12, 18}, {13, 19}, {15, 20}, {17, 26}, {18, 30}}};
  const auto* found = std::ranges::find_if(rows, [&](const Row& row) { return zoom <= row.zoom; });
  return (found == rows.end() ? rows.back() : *found).rank;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_osm_id(std::string_view id) {
  return id.size() > 1 && std::string_view("NWRnwr").contains(id.front()) && parse_number(id.substr(1));
}

}  // namespace

Result<NominatimSearch> parse_nominatim_search(Parameters parameters, std::string_view accept_language) {
  Reader given(parameters, accept_language);
  NominatimSearch out{.output = given.output(NominatimFormat::jsonv2, false)};
  out.query.text = given.text("q");
  auto parts = read_parts(given);
  if (!out.query.text.empty() && !parts.empty())
    given.fault("q", "conflict",
                "cannot be combined with street, city, county, state, country or postalcode");
  if (out.query.text.empty() && parts.empty()) given.fault("q", "required", "is missing");
  out.output.query = out.query.text.empty() ? in_one_line(parts) : out.query.text;
  if (out.query.text.empty()) out.query.parts = std::move(parts);
  out.query.also_much_smaller = true;
  const auto limit = given.number("limit", 0, 1'000'000).value_or(10);
  out.query.limit = std::clamp<std::size_t>(static_cast<std::size_t>(limit), 1, most_results);
  out.query.language = given.language();
  if (const auto box = given.text("viewbox"); !box.empty()) {
    const auto bounds = parse_viewbox(box);
    if (!bounds) given.fault("viewbox", "invalid", "must be x1,y1,x2,y2 in degrees");
    (given.flag("bounded", false) ? out.query.filters.within : out.query.bounds) = bounds;
  }
  for (const auto code : text::split(given.text("countrycodes"), ',')) {
    if (const auto trimmed = text::trim(code); !trimmed.empty())
      out.countries.push_back(country_of_region(trimmed));
  }
  for (const auto id : text::split(given.text("exclude_place_ids"), ',')) {
    if (const auto number = parse_number(text::trim(id))) out.excluded.push_back(*number);
  }
  auto feature_type = given.text("featureType");
  if (feature_type.empty()) feature_type = given.text("featuretype");  // as geopy writes it
  out.query.filters.kinds = parse_feature_type(feature_type);
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  return out;
}

Result<NominatimReverse> parse_nominatim_reverse(Parameters parameters, std::string_view accept_language) {
  Reader given(parameters, accept_language);
  NominatimReverse out{.output = given.output(NominatimFormat::xml, true)};
  for (const auto* name : {"lat", "lon"}) {
    if (given.text(name).empty()) given.fault(name, "required", "is missing");
  }
  const auto lat = given.number("lat", -90, 90), lng = given.number("lon", -180, 180);
  out.query.point = LatLng::from_degrees(lat.value_or(0), lng.value_or(0));
  out.query.language = given.language();
  out.most_rank = rank_of_zoom(given.number("zoom", 0, 30).value_or(18));
  out.output.query = "lat=" + std::string(given.text("lat")) + "&lon=" + std::string(given.text("lon"));
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  return out;
}

Result<NominatimLookup> parse_nominatim_lookup(Parameters parameters, std::string_view accept_language) {
  Reader given(parameters, accept_language);
  NominatimLookup out{.output = given.output(NominatimFormat::jsonv2, false)};
  out.language = given.language();
  for (const auto item : text::split(given.text("osm_ids"), ',')) {
    const auto id = text::trim(item);
    if (id.empty()) continue;
    if (!is_osm_id(id) && !parse_place_id(id) && !parse_plus_code_id(id))
      given.fault("osm_ids", "invalid", "has '" + std::string(id) + "', which is no N, W or R with a number");
    out.ids.emplace_back(id);
  }
  if (out.ids.empty()) given.fault("osm_ids", "required", "is missing");
  if (out.ids.size() > most_looked_up) given.fault("osm_ids", "too_long", "has more than 50 ids");
  out.output.query = given.text("osm_ids");
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  return out;
}

Answer lookup(const GazetteerPtr& gazetteer, const NominatimSearch& search) {
  auto query = search.query;
  if (search.countries.size() == 1) query.filters.country = search.countries;
  const bool any_of_several = search.countries.size() > 1;
  if (any_of_several || !search.excluded.empty()) query.limit = searched_for_filters;
  auto answer = geocode(gazetteer, query);
  std::erase_if(answer.hits, [&](const Hit& hit) {
    if (std::ranges::find(search.excluded, osm_id(answer, hit)) != search.excluded.end()) return true;
    if (!any_of_several) return false;
    const Address address(answer, hit);
    return std::ranges::find(search.countries, address.country_code()) == search.countries.end();
  });
  if (answer.hits.size() > search.query.limit) answer.hits.resize(search.query.limit);
  if (answer.hits.empty()) answer.status = Status::zero_results;
  return answer;
}

Answer lookup(const GazetteerPtr& gazetteer, const NominatimReverse& search) {
  auto answer = reverse(gazetteer, search.query);
  const auto found = std::ranges::find_if(
      answer.hits, [&](const Hit& hit) { return osm_terms(Address(answer, hit)).rank <= search.most_rank; });
  answer.hits.erase(answer.hits.begin(), found);
  if (answer.hits.size() > 1) answer.hits.resize(1);
  return answer;
}

Answer lookup(const GazetteerPtr& gazetteer, const NominatimLookup& search) {
  Answer answer;
  answer.gazetteer = gazetteer;
  answer.languages = gazetteer->languages(search.language);
  for (const auto& id : search.ids) {
    if (is_osm_id(id)) {
      const auto number = gazetteer->find_by_prefix(*parse_number(std::string_view(id).substr(1)));
      if (!number) continue;
      answer.hits.emplace_back().place = *number;
    } else {
      auto found = place(gazetteer, {.place_id = id, .language = search.language});
      std::ranges::move(found.hits, std::back_inserter(answer.hits));
    }
  }
  return answer;
}

}  // namespace waypost::geo
