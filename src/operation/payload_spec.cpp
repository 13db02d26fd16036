#include "waypost/operation/payload_spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace waypost::operation {
namespace {

constexpr FieldSpec kUnbounded;
constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";

std::string_view type_name(FieldType type) {
  switch (type) {
    case FieldType::string:
      return "string";
    case FieldType::number:
      return "number";
    case FieldType::integer:
      return "integer";
    case FieldType::boolean:
      return "boolean";
    case FieldType::string_map:
      return "object";
    case FieldType::integer_list:
      return "array";
    case FieldType::any:
      return "";
  }
  return "";
}

void write_range(json::Writer& writer, const FieldSpec& field) {
  if (field.min != kUnbounded.min) writer.key("minimum").number(field.min);
  if (field.max != kUnbounded.max) writer.key("maximum").number(field.max);
}

void write_lengths(json::Writer& writer, const FieldSpec& field, std::string_view min, std::string_view max) {
  if (field.min_length != kUnbounded.min_length)
    writer.field(min, static_cast<std::int64_t>(field.min_length));
  if (field.max_length != kUnbounded.max_length)
    writer.field(max, static_cast<std::int64_t>(field.max_length));
}

void write_property(json::Writer& writer, const FieldSpec& field) {
  writer.key(field.name).begin_object();
  if (field.type != FieldType::any) writer.field("type", type_name(field.type));
  switch (field.type) {
    case FieldType::string:
      write_lengths(writer, field, "minLength", "maxLength");
      if (!field.one_of.empty()) {
        writer.key("enum").begin_array();
        for (const std::string_view value : field.one_of) writer.string(value);
        writer.end_array();
      }
      break;
    case FieldType::number:
    case FieldType::integer:
      write_range(writer, field);
      break;
    case FieldType::string_map:
      writer.key("additionalProperties").begin_object().field("type", "string").end_object();
      write_lengths(writer, field, "minProperties", "maxProperties");
      break;
    case FieldType::integer_list:
      writer.key("items").begin_object().field("type", "integer");
      write_range(writer, field);
      writer.end_object();
      write_lengths(writer, field, "minItems", "maxItems");
      break;
    case FieldType::boolean:
    case FieldType::any:
      break;
  }
  writer.field("description", field.description).end_object();
}

std::string schema_of(std::string_view title, const std::vector<FieldSpec>& fields) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("$schema", kDialect).field("title", title).field("type", "object");
  writer.key("properties").begin_object();
  for (const FieldSpec& field : fields) write_property(writer, field);
  writer.end_object().key("required").begin_array();
  for (const FieldSpec& field : fields) {
    if (field.required) writer.string(field.name);
  }
  writer.end_array().field("additionalProperties", false).end_object();
  return out;
}

std::int64_t whole(double bound) {
  if (bound <= -9.2e18) return std::numeric_limits<std::int64_t>::min();
  if (bound >= 9.2e18) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(bound);
}

void check_count(json::Fields& fields, const FieldSpec& field, std::size_t count) {
  if (count < field.min_length) {
    fields.fault(field.name, "too_short", fmt::format("must have at least {} elements", field.min_length));
  } else if (count > field.max_length) {
    fields.fault(field.name, "too_long",
                 fmt::format("must have at most {} elements, not {}", field.max_length, count));
  }
}

void check_string(json::Fields& fields, const FieldSpec& field) {
  const auto value = fields.string(field.name, {field.min_length, field.max_length});
  if (!value || field.one_of.empty() || std::ranges::find(field.one_of, *value) != field.one_of.end()) return;
  fields.fault(field.name, "not_allowed",
               fmt::format("must be one of {}, not \"{}\"", fmt::join(field.one_of, ", "), *value));
}

void check_map(json::Fields& fields, const FieldSpec& field, std::vector<Fault>& faults) {
  const auto map = fields.object(field.name);
  if (!map) return;
  check_count(fields, field, map->size());
  json::Fields members(*map, fields.pointer(field.name), faults);
  for (const json::Value member : map->children()) {
    if (member.is(json::Kind::null)) members.fault(member.key(), "wrong_type", "must be a string, not null");
    static_cast<void>(members.string(member.key()));
  }
}

void check_list(json::Fields& fields, const FieldSpec& field, std::vector<Fault>& faults) {
  const auto list = fields.array(field.name);
  if (!list) return;
  check_count(fields, field, list->size());
  std::size_t index = 0;
  for (const json::Value item : list->children()) {
    const std::string pointer = fmt::format("{}/{}", fields.pointer(field.name), index++);
    const auto number = item.is(json::Kind::number) ? item.integer() : std::nullopt;
    if (!number) {
      faults.push_back({.pointer = pointer,
                        .code = "wrong_type",
                        .detail = fmt::format("must be an integer, not {}", item.raw().substr(0, 60))});
    } else if (*number < whole(field.min) || *number > whole(field.max)) {
      faults.push_back({.pointer = pointer,
                        .code = "out_of_range",
                        .detail = fmt::format("must be between {} and {}, not {}", whole(field.min),
                                              whole(field.max), *number)});
    }
  }
}

}  // namespace

PayloadSpec::PayloadSpec(std::string_view title, std::vector<FieldSpec> fields)
    : fields_(std::move(fields)), schema_(schema_of(title, fields_)) {}

void PayloadSpec::check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const {
  if (!payload.is(json::Kind::object)) {
    faults.push_back({.pointer = pointer, .code = "wrong_type", .detail = "must be an object"});
    return;
  }
  json::Fields fields(payload, pointer, faults);
  for (const FieldSpec& field : fields_) {
    if (field.required) fields.require(field.name);
    switch (field.type) {
      case FieldType::string:
        check_string(fields, field);
        break;
      case FieldType::number:
        static_cast<void>(fields.number(field.name, {field.min, field.max}));
        break;
      case FieldType::integer:
        static_cast<void>(fields.integer(field.name, {whole(field.min), whole(field.max)}));
        break;
      case FieldType::boolean:
        static_cast<void>(fields.boolean(field.name));
        break;
      case FieldType::string_map:
        check_map(fields, field, faults);
        break;
      case FieldType::integer_list:
        check_list(fields, field, faults);
        break;
      case FieldType::any:
        static_cast<void>(fields.any(field.name));
        break;
    }
  }
  fields.finish();
}

}  // namespace waypost::operation
