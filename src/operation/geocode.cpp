#include <algorithm>
#include <array>

#include "operation/geocoding_common.hpp"
#include "waypost/base/text.hpp"
#include "waypost/operation/geocoding.hpp"

namespace waypost::operation {
namespace {

constexpr std::size_t longest_text = 4096, longest_region = 8;

class Geocode final : public ComputeOperation, public RowOperation {
 public:
  explicit Geocode(const geo::Catalog& catalog) : catalog_(catalog) {}

  std::string_view type() const override { return "geocode"; }
  std::string_view description() const override { return "Finds the places that an address or name means."; }

  std::string_view schema() const override {
    return R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{)"
           R"("address":{"type":"string","minLength":1,"maxLength":4096},)"
           R"("components":{"oneOf":[{"type":"string","description":"country:FR|locality:Paris"},)"
           R"({"type":"object","properties":{"country":{"type":"string"},"postal_code":{"type":"string"},)"
           R"("administrative_area":{"type":"string"},"locality":{"type":"string"},"route":{"type":"string"}},)"
           R"("additionalProperties":false}]},)"
           R"("bounds":{"type":"string","description":"lat,lng|lat,lng"},)"
           R"("region":{"type":"string","maxLength":8},"language":{"type":"string","maxLength":64}},)"
           R"("anyOf":[{"required":["address"]},{"required":["components"]}],"additionalProperties":false})";
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
    static constexpr std::array<std::string_view, 5> known = {"address", "components", "bounds", "region",
                                                              "language"};
    if (auto failure = unknown_field(row, known)) return failure;
    geo::ForwardQuery query;
    if (auto failure = read_row(row, query)) return failure;
    return answer_row(catalog_, query, want_json, columns, json);
  }

 private:
  static void read_texts(QueryTexts& texts, geo::ForwardQuery& query);
  static void read_components(QueryTexts& texts, std::string_view components, geo::Filters& filters);
  static void read_component_object(json::Value object, json::Fields& fields, const std::string& pointer,
                                    std::vector<Fault>& faults, geo::Filters& filters);
  static geo::ForwardQuery read(json::Value payload, const std::string& pointer, std::vector<Fault>& faults);
  static std::optional<Failure> read_row(const RowFields& row, geo::ForwardQuery& query);

  const geo::Catalog& catalog_;
};

/// What payloads and rows have in common: all but components as an object.
void Geocode::read_texts(QueryTexts& texts, geo::ForwardQuery& query) {
  query.text = text::trim(texts.text("address", longest_text));
  query.region = texts.text("region", longest_region);
  query.language = read_language(texts);
  if (const auto bounds = texts.text("bounds", longest_text); !bounds.empty()) {
    query.bounds = geo::parse_bounds(bounds);
    if (!query.bounds) texts.fault("bounds", "must be two corners: lat,lng|lat,lng");
  }
}

void Geocode::read_components(QueryTexts& texts, std::string_view components, geo::Filters& filters) {
  if (!geo::parse_components(components, filters) || !filters.names_a_place())
    texts.fault("components", "must be a list such as country:FR|locality:Paris");
}

geo::ForwardQuery Geocode::read(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) {
  json::Fields fields(payload, pointer, faults);
  PayloadTexts texts(fields);
  geo::ForwardQuery query;
  read_texts(texts, query);
  if (const auto value = fields.any("components"); value && !value->is(json::Kind::null)) {
    if (value->is(json::Kind::string))
      read_components(texts, value->string(), query.filters);
    else if (value->is(json::Kind::object))
      read_component_object(*value, fields, pointer, faults, query.filters);
    else
      fields.fault("components", "wrong_type", "must be a string or an object");
  }
  const auto address = payload.find("address");
  if (address && address->is(json::Kind::string) && query.text.empty() && !fields.has("components"))
    fields.fault("address", "invalid", "must not be empty");
  if (!fields.has("address") && !fields.has("components"))
    fields.fault("address", "required", "is required, or components");
  fields.finish();
  return query;
}

std::optional<Failure> Geocode::read_row(const RowFields& row, geo::ForwardQuery& query) {
  RowTexts texts(row);
  read_texts(texts, query);
  if (const auto components = texts.text("components", longest_text); components.starts_with('{')) {
    const std::string wrapped = R"({"components":)" + std::string(components) + "}";
    const auto document = json::Document::parse(wrapped);
    if (!document) return invalid_row("'components': " + document.error().message);
    std::vector<Fault> faults;
    json::Fields fields(document->root(), "", faults);
    read_component_object(*fields.any("components"), fields, "", faults, query.filters);
    if (!faults.empty()) return invalid_row("'components': " + faults.front().detail);
  } else if (!components.empty()) {
    read_components(texts, components, query.filters);
  }
  if (query.text.empty() && !query.filters.names_a_place()) texts.fault("address", "is empty");
  return texts.failure();
}

void Geocode::read_component_object(json::Value object, json::Fields& fields, const std::string& pointer,
                                    std::vector<Fault>& faults, geo::Filters& filters) {
  json::Fields parts(object, pointer + "/components", faults);
  const auto take = [&parts](std::string_view name, std::vector<std::string>& values) {
    if (const auto text = parts.string(name, {1, longest_text})) values.emplace_back(*text);
  };
  take("country", filters.country);
  take("administrative_area", filters.administrative_area);
  take("locality", filters.locality);
  take("postal_code", filters.postal_code);
  take("route", filters.route);
  if (object.size() == 0) fields.fault("components", "invalid", "must name at least one component");
  parts.finish();
}

}  // namespace

std::unique_ptr<ComputeOperation> make_geocode(const geo::Catalog& catalog) {
  return std::make_unique<Geocode>(catalog);
}

}  // namespace waypost::operation
