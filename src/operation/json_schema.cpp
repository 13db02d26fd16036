#define VALIJSON_USE_EXCEPTIONS 1  // without it a bad schema ends the process
#include "waypost/operation/json_schema.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace waypost::operation {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

// std::regex takes a frame of the stack for each character.
constexpr std::size_t longest_matched = 4096;
constexpr std::array<std::string_view, 3> matching_keywords{"pattern", "patternProperties", "format"};
constexpr std::size_t most_faults = 20;

/// Compiles every pattern, so that a bad one is found now and not with the first payload. Whether there is
/// any keyword that looks into strings.
bool check_patterns(const nlohmann::json& schema) {
  bool matches = false;
  if (schema.is_object()) {
    for (const auto& [name, value] : schema.items()) {
      matches = matches || std::ranges::find(matching_keywords, name) != matching_keywords.end();
      if (name == "pattern" && value.is_string()) std::regex(value.get<std::string>());
      if (name == "patternProperties" && value.is_object())
        for (const auto& [pattern, ignored] : value.items()) std::regex{pattern};
    }
  }
  if (schema.is_structured())
    for (const auto& inner : schema) matches = check_patterns(inner) || matches;
  return matches;
}

/// Finds schemas that refer to themselves without going deeper into the value: to check one would never end.
class Circles {
 public:
  explicit Circles(const nlohmann::json& document) : document_(document) {}

  bool any_within(const nlohmann::json& schema) {
    if (schema.is_object() && leads_back(schema)) return true;
    if (!schema.is_structured()) return false;
    return std::ranges::any_of(schema, [this](const nlohmann::json& inner) { return any_within(inner); });
  }

 private:
  /// Follows what applies to the same value, back to what is being followed.
  bool leads_back(const nlohmann::json& schema) {
    if (!schema.is_object() || done_.contains(&schema)) return false;
    if (!under_way_.insert(&schema).second) return true;
    bool back = false;
    if (const auto reference = schema.find("$ref"); reference != schema.end() && reference->is_string())
      back = leads_back(target_of(reference->get<std::string>()));
    for (const char* name : {"not", "if", "then", "else"})
      if (const auto inner = schema.find(name); inner != schema.end()) back = back || leads_back(*inner);
    for (const char* name : {"allOf", "anyOf", "oneOf"})
      if (const auto inner = schema.find(name); inner != schema.end() && inner->is_array())
        for (const auto& alternative : *inner) back = back || leads_back(alternative);
    under_way_.erase(&schema);
    done_.insert(&schema);
    return back;
  }

  const nlohmann::json& target_of(const std::string& reference) const {
    if (!reference.starts_with('#')) throw std::runtime_error("$ref leads out of the document: " + reference);
    return document_.at(nlohmann::json::json_pointer(reference.substr(1)));
  }

  const nlohmann::json& document_;
  std::set<const nlohmann::json*> under_way_, done_;
};

/// `["a"]` and `[0]`, as valijson names the steps of a path, as a JSON Pointer (RFC 6901).
std::string pointer_of(const std::vector<std::string>& path) {
  std::string pointer;
  for (std::size_t i = 1; i < path.size(); ++i) {  // the first is the root
    std::string_view step = path[i];
    if (step.starts_with('[') && step.ends_with(']')) step = step.substr(1, step.size() - 2);
    if (step.size() >= 2 && step.starts_with('"') && step.ends_with('"'))
      step = step.substr(1, step.size() - 2);
    pointer += '/';
    for (const char c : step) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return pointer;
}

bool has_long_string(json::Value value) {
  if (value.is(json::Kind::string)) return value.string().size() > longest_matched;
  if (!value.is(json::Kind::object) && !value.is(json::Kind::array)) return false;
  return std::ranges::any_of(value.children(), [](json::Value child) {
    return child.key().size() > longest_matched || has_long_string(child);
  });
}

std::unexpected<Error> malformed(const std::string& what) {
  return fail(Code::validation_failed, "the JSON Schema cannot be used: " + what);
}

}  // namespace

struct JsonSchema::Impl {
  std::string text;
  nlohmann::json document;  ///< what `schema` was made from and may refer to
  valijson::Schema schema;
  bool matches_strings = false;
};

JsonSchema::JsonSchema(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

Result<JsonSchema> JsonSchema::parse(std::string_view text) {
  const auto strict = json::Document::parse(text);
  if (!strict) return std::unexpected(strict.error());
  if (!strict->root().is(json::Kind::object)) return malformed("it must be an object");
  auto impl = std::make_unique<Impl>();
  impl->text = text;
  try {
    impl->document = nlohmann::json::parse(text);
    impl->matches_strings = check_patterns(impl->document);
    if (Circles(impl->document).any_within(impl->document))
      return malformed("it refers to itself in a circle");
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(Adapter(impl->document), impl->schema);
  } catch (const std::regex_error& error) {
    return malformed(std::string("a pattern in it is no regular expression: ") + error.what());
  } catch (const std::exception& error) {
    return malformed(error.what());
  }
  return JsonSchema(std::move(impl));
}

const std::string& JsonSchema::text() const {
  return impl_->text;
}

void JsonSchema::check(json::Value value, const std::string& pointer, std::vector<Fault>& faults) const {
  if (impl_->matches_strings && has_long_string(value)) {
    faults.push_back({.pointer = pointer,
                      .code = "too_long",
                      .detail =
                          "its strings may have at most 4096 bytes: the schema of this operation matches "
                          "them against patterns"});
    return;
  }
  const auto document = nlohmann::json::parse(value.raw());
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(impl_->schema, Adapter(document), &results)) return;
  std::size_t noted = 0;
  for (const auto& error : results) {
    if (++noted > most_faults) break;
    faults.push_back({.pointer = pointer + pointer_of(error.context),
                      .code = "schema_mismatch",
                      .detail = error.description});
  }
}

}  // namespace waypost::operation
