#include <algorithm>
#include <array>

#include "operation/geocoding_common.hpp"
#include "waypost/base/text.hpp"
#include "waypost/operation/geocoding.hpp"

namespace waypost::operation {
namespace {

constexpr std::array<std::string_view, 5> known_fields = {"lat", "lng", "language", "result_type",
                                                          "location_type"};

class Reverse final : public ComputeOperation, public RowOperation {
 public:
  explicit Reverse(const geo::Catalog& catalog) : catalog_(catalog) {}

  std::string_view type() const override { return "reverse"; }
  std::string_view description() const override { return "Finds the places that a point lies in or near."; }

  std::string_view schema() const override {
    return R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{)"
           R"("lat":{"type":"number","minimum":-90,"maximum":90},"lng":{"type":"number","minimum":-180,"maximum":180},)"
           R"("language":{"type":"string","maxLength":64},)"
           R"("result_type":{"type":"string","description":"locality|country"},)"
           R"("location_type":{"type":"string","description":"ROOFTOP|APPROXIMATE"}},)"
           R"("required":["lat","lng"],"additionalProperties":false})";
  }

  void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const override {
    if (is_object(payload, pointer, faults)) read(payload, pointer, faults);
  }

  Outcome run(const Task& task, const Cancellation& /*microseconds: nothing to cancel*/) const override {
    return run_payload(catalog_, task, [](json::Value payload, std::vector<Fault>& faults) {
      return geo::GoogleQuery(read(payload, "", faults));
    });
  }

  const RowOperation* rows() const override { return this; }
  std::span<const std::string_view> result_columns() const override { return geocoding_columns(); }

  std::optional<Failure> run_row(const RowFields& row, bool want_json, std::vector<std::string>& columns,
                                 std::string& json) const override {
    if (auto failure = unknown_field(row, known_fields)) return failure;
    RowTexts texts(row);
    geo::ReverseQuery query;
    const std::string lat(value_of(row, "lat")), lng(value_of(row, "lng"));
    const auto point = geo::parse_latlng(lat + "," + lng);
    if (!point)
      return invalid_row("'lat' and 'lng' must be degrees within ±90 and ±180; they are '" + lat + "' and '" +
                         lng + "'");
    query.point = *point;
    read_texts(texts, query);
    if (texts.failure()) return texts.failure();
    return answer_row(catalog_, query, want_json, columns, json);
  }

 private:
  static void read_texts(QueryTexts& texts, geo::ReverseQuery& query);
  static geo::ReverseQuery read(json::Value payload, const std::string& pointer, std::vector<Fault>& faults);

  const geo::Catalog& catalog_;
};

/// What payloads and rows have in common: all but the point.
void Reverse::read_texts(QueryTexts& texts, geo::ReverseQuery& query) {
  constexpr std::size_t longest_list = 2048;
  query.language = read_language(texts);
  const auto list = [&texts](std::string_view name, auto parse, auto& values) {
    const auto text = texts.text(name, longest_list);
    if (text.empty()) return;
    if (auto parsed = parse(text))
      values = std::move(*parsed);
    else
      texts.fault(name, "is '" + std::string(text) + "', which Google's Geocoding API does not know");
  };
  list("result_type", geo::parse_result_types, query.result_types);
  list("location_type", geo::parse_location_types, query.location_types);
}

geo::ReverseQuery Reverse::read(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) {
  json::Fields fields(payload, pointer, faults);
  PayloadTexts texts(fields);
  geo::ReverseQuery query;
  fields.require("lat");
  fields.require("lng");
  const auto lat = fields.number("lat", {-90, 90}), lng = fields.number("lng", {-180, 180});
  query.point = geo::LatLng::from_degrees(lat.value_or(0), lng.value_or(0));
  read_texts(texts, query);
  fields.finish();
  return query;
}

}  // namespace

std::unique_ptr<ComputeOperation> make_reverse(const geo::Catalog& catalog) {
  return std::make_unique<Reverse>(catalog);
}

}  // namespace waypost::operation
