#include "batch/payload_fields.hpp"

#include <algorithm>
#include <stdexcept>

#include "waypost/base/json.hpp"

namespace waypost::batch {
namespace {

std::vector<std::string> strings_of(std::optional<json::Value> array) {
  std::vector<std::string> out;
  if (!array || !array->is(json::Kind::array)) return out;
  for (const json::Value item : array->children()) {
    if (item.is(json::Kind::string)) out.emplace_back(item.string());
  }
  return out;
}

ValueKind kind_of_type(std::string_view type) {
  if (type == "string") return ValueKind::text;
  if (type == "number" || type == "integer") return ValueKind::number;
  if (type == "boolean") return ValueKind::boolean;
  if (type == "object" || type == "array") return ValueKind::structure;
  return ValueKind::any;
}

// A list of types that agree (["string", "null"]) is that kind; one that does not takes any text.
ValueKind kind_of(json::Value property) {
  if (!property.is(json::Kind::object)) return ValueKind::any;
  const auto type = property.find("type");
  if (!type) return ValueKind::any;
  if (type->is(json::Kind::string)) return kind_of_type(type->string());
  std::vector<std::string> types = strings_of(type);
  std::erase(types, "null");
  if (types.empty()) return ValueKind::any;
  const ValueKind first = kind_of_type(types.front());
  const bool agree = std::ranges::all_of(types, [&](const auto& t) { return kind_of_type(t) == first; });
  return agree ? first : ValueKind::any;
}

}  // namespace

PayloadFields PayloadFields::read(std::string_view schema) {
  const auto document = json::Document::parse(schema);
  if (!document) throw std::logic_error("an operation's schema is no JSON: " + document.error().message);
  const json::Value root = document->root();
  PayloadFields fields;
  if (!root.is(json::Kind::object)) return fields;
  if (const auto properties = root.find("properties"); properties && properties->is(json::Kind::object)) {
    for (const json::Value property : properties->children()) {
      fields.declared.push_back({std::string(property.key()), kind_of(property)});
    }
  }
  fields.required = strings_of(root.find("required"));
  if (const auto any_of = root.find("anyOf"); any_of && any_of->is(json::Kind::array)) {
    for (const json::Value alternative : any_of->children()) {
      if (!alternative.is(json::Kind::object)) continue;
      if (auto required = strings_of(alternative.find("required")); !required.empty()) {
        fields.alternatives.push_back(std::move(required));
      }
    }
  }
  const auto additional = root.find("additionalProperties");
  fields.open = !additional || !additional->is(json::Kind::boolean) || additional->boolean();
  return fields;
}

const PayloadField* PayloadFields::find(std::string_view name) const {
  const auto found = std::ranges::find(declared, name, &PayloadField::name);
  return found == declared.end() ? nullptr : &*found;
}

std::vector<std::string_view> PayloadFields::names() const {
  std::vector<std::string_view> names;
  for (const PayloadField& field : declared) names.push_back(field.name);
  return names;
}

}  // namespace waypost::batch
