#include <algorithm>
#include <array>

#include "operation/geocoding_common.hpp"
#include "waypost/base/text.hpp"
#include "waypost/operation/geocoding.hpp"

namespace waypost::operation {
namespace {

constexpr std::size_t longest_text = 4096;

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
  static geo::ForwardQuery read(json::Value payload, const std::string& pointer, std::vector<Fault>& faults);
  static std::optional<Failure> read_row(const RowFields& row, geo::ForwardQuery& query);
  static void read_components(json::Fields& fields, const std::string& pointer, std::vector<Fault>& faults,
                              geo::Filters& filters);

  const geo::Catalog& catalog_;
};

geo::ForwardQuery Geocode::read(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) {
  json::Fields fields(payload, pointer, faults);
  geo::ForwardQuery query;
  query.text = fields.string("address", {1, longest_text}).value_or("");
  read_components(fields, pointer, faults, query.filters);
  if (const auto bounds = fields.string("bounds")) {
    query.bounds = geo::parse_bounds(*bounds);
    if (!query.bounds) fields.fault("bounds", "invalid", "must be two corners: lat,lng|lat,lng");
  }
  query.region = fields.string("region", {0, 8}).value_or("");
  query.language = fields.string("language", {0, 64}).value_or("");
  if (!fields.has("address") && !fields.has("components")) {
    fields.fault("address", "required", "is required, or components");
  }
  fields.finish();
  return query;
}

std::optional<Failure> Geocode::read_row(const RowFields& row, geo::ForwardQuery& query) {
  query.text = text::trim(value_of(row, "address"));
  query.region = value_of(row, "region");
  query.language = value_of(row, "language");
  if (query.text.size() > longest_text) return invalid_row("'address' is longer than 4096 bytes");
  if (const auto components = value_of(row, "components"); components.starts_with('{')) {
    const std::string wrapped = R"({"components":)" + std::string(components) + "}";
    const auto document = json::Document::parse(wrapped);
    if (!document) return invalid_row("'components': " + document.error().message);
    std::vector<Fault> faults;
    json::Fields fields(document->root(), "", faults);
    read_components(fields, "", faults, query.filters);
    if (!faults.empty()) return invalid_row(faults.front().detail);
  } else if (!components.empty() && !geo::parse_components(components, query.filters)) {
    return invalid_row("'components' must be a list such as country:FR|locality:Paris");
  }
  if (const auto bounds = value_of(row, "bounds"); !bounds.empty()) {
    query.bounds = geo::parse_bounds(bounds);
    if (!query.bounds) return invalid_row("'bounds' must be two corners: lat,lng|lat,lng");
  }
  if (query.text.empty() && !query.filters.names_a_place()) return invalid_row("'address' is empty");
  return std::nullopt;
}

/// Either Google's text or an object of the same keys.
void Geocode::read_components(json::Fields& fields, const std::string& pointer, std::vector<Fault>& faults,
                              geo::Filters& filters) {
  const auto value = fields.any("components");
  if (!value || value->is(json::Kind::null)) return;
  if (value->is(json::Kind::string)) {
    if (!geo::parse_components(value->string(), filters) || !filters.names_a_place()) {
      fields.fault("components", "invalid", "must be a list such as country:FR|locality:Paris");
    }
    return;
  }
  if (!value->is(json::Kind::object)) {
    fields.fault("components", "wrong_type", "must be a string or an object");
    return;
  }
  json::Fields parts(*value, pointer + "/components", faults);
  const auto take = [&parts](std::string_view name, std::vector<std::string>& values) {
    if (const auto text = parts.string(name, {1, longest_text})) values.emplace_back(*text);
  };
  take("country", filters.country);
  take("administrative_area", filters.administrative_area);
  take("locality", filters.locality);
  take("postal_code", filters.postal_code);
  take("route", filters.route);
  if (value->size() == 0) fields.fault("components", "invalid", "must name at least one component");
  parts.finish();
}

}  // namespace

std::unique_ptr<ComputeOperation> make_geocode(const geo::Catalog& catalog) {
  return std::make_unique<Geocode>(catalog);
}

}  // namespace waypost::operation
