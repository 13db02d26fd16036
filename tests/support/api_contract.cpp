#define VALIJSON_USE_EXCEPTIONS 1
#include "support/api_contract.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "api/openapi.hpp"
#include "support/gzip.hpp"
#include "waypost/base/text.hpp"

namespace waypost::test {
namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

/// Of every answer, whatever the route: HTTP's own and those of a browser's defences.
const std::set<std::string> of_any_answer{
    "date",           "content-type",      "content-length",          "content-encoding",
    "vary",           "connection",        "cache-control",           "transfer-encoding",
    "x-request-id",   "x-accel-buffering", "content-security-policy", "x-content-type-options",
    "referrer-policy"};

bool fits(std::string_view pattern, std::string_view path) {
  const auto wanted = text::split(pattern, '/'), given = text::split(path, '/');
  return std::ranges::equal(wanted, given, [](std::string_view step, std::string_view segment) {
    return step.starts_with('{') ? !segment.empty() : step == segment;
  });
}

bool is_json(std::string_view media_type) {
  return media_type.ends_with("/json") || media_type.ends_with("+json");
}

}  // namespace

struct ApiContract::Impl {
  std::mutex mutex;
  Json root;  ///< what the schemas' references lead into
  std::map<std::string, std::unique_ptr<valijson::Schema>> schemas;  ///< by their text

  const valijson::Schema& schema(const Json& schema) {
    auto& made = schemas[schema.dump()];
    if (made) return *made;
    made = std::make_unique<valijson::Schema>();
    root["allOf"] = Json::array({schema});
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(Adapter(root), *made);
    return *made;
  }
};

ApiContract::ApiContract(std::string_view document)
    : document_(Json::parse(document)), impl_(std::make_unique<Impl>()) {
  impl_->root["components"] = document_.at("components");
}
ApiContract::~ApiContract() = default;

ApiContract& ApiContract::ours() {
  static ApiContract contract(api::openapi_document());
  return contract;
}

const Json& ApiContract::resolved(const Json& value) const {
  const auto reference = value.find("$ref");
  if (reference == value.end()) return value;
  return document_.at(Json::json_pointer(reference->get<std::string>().substr(1)));
}

const Json* ApiContract::operation(std::string_view method, std::string_view path) const {
  const std::string name = method == "HEAD" ? "get" : text::lower_ascii(method);
  const Json* found = nullptr;
  for (const auto& [pattern, item] : document_.at("paths").items())
    if (fits(pattern, path) && item.contains(name) && (found == nullptr || !pattern.contains('{')))
      found = &item.at(name);
  return found;
}

std::vector<std::string> ApiContract::mismatches(const Json& schema, const Json& value) {
  const std::scoped_lock lock(impl_->mutex);
  valijson::ValidationResults results;
  valijson::Validator validator;
  std::vector<std::string> out;
  if (validator.validate(impl_->schema(schema), Adapter(value), &results)) return out;
  for (const auto& error : results) {
    std::string where;
    for (const auto& step : error.context) where += step;
    out.push_back(where + ": " + error.description);
  }
  return out;
}

std::vector<std::string> ApiContract::faults(std::string_view method, std::string_view target,
                                             const RawResponse& response) {
  const Json* described = operation(method, target.substr(0, target.find('?')));
  std::vector<std::string> faults;
  if (described == nullptr || response.status == 0) return faults;
  const Json& responses = described->at("responses");
  const std::string status = std::to_string(response.status);
  const bool is_known = responses.contains(status);
  // `default` is for what HTTP itself refuses, which is a problem.
  if (!is_known && response.field("content-type") != "application/problem+json")
    return {"status " + status + " is not described"};
  const Json& answer = resolved(responses.at(is_known ? status : "default"));
  check_headers(answer, response, faults);
  if (method != "HEAD" && response.complete && !response.body.empty()) check_body(answer, response, faults);
  return faults;
}

void ApiContract::check_headers(const Json& described, const RawResponse& response,
                                std::vector<std::string>& faults) const {
  std::set<std::string> known = of_any_answer;
  for (const auto& [name, header] : described.value("headers", Json::object()).items()) {
    const std::string lower = text::lower_ascii(name);
    known.insert(lower);
    if (resolved(header).value("required", false) && !response.has(lower))
      faults.push_back("the header " + name + " is missing");
  }
  for (const auto& [name, value] : response.fields)
    if (!known.contains(name)) faults.push_back("the header " + name + ": " + value + " is not described");
}

void ApiContract::check_body(const Json& described, const RawResponse& response,
                             std::vector<std::string>& faults) {
  const std::string type(text::trim(text::split(response.field("content-type"), ';').front()));
  const Json& contents = described.value("content", Json::object());
  const bool is_known = contents.contains(type);
  if (!is_known && !contents.contains("*/*")) {
    faults.push_back("the media type " + type + " is not described");
    return;
  }
  if (!is_json(type)) return;
  const std::string body =
      response.field("content-encoding") == "gzip" ? gunzip(response.body) : response.body;
  const Json value = Json::parse(body, nullptr, false);
  if (value.is_discarded()) {
    if (response.status != 206) faults.push_back("the body is no JSON");
    return;
  }
  for (auto& mismatch : mismatches(contents.at(is_known ? type : "*/*").at("schema"), value))
    faults.push_back(std::move(mismatch));
}

}  // namespace waypost::test
