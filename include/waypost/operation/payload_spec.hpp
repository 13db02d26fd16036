#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/json.hpp"

namespace waypost::operation {

/// What a field of a payload may hold. `any` is every JSON value; null counts as absent for all of them.
enum class FieldType : std::uint8_t { string, number, integer, boolean, string_map, integer_list, any };

/// One field of a payload, declared once: the schema that is shown and the check that is made both come from
/// here.
struct FieldSpec {
  std::string_view name;
  FieldType type = FieldType::any;
  std::string_view description;
  bool required = false;
  /// Of a number, an integer or each element of an integer_list; inclusive.
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  /// Of a string, in characters; of a map or list, in elements.
  std::size_t min_length = 0;
  std::size_t max_length = std::numeric_limits<std::uint32_t>::max();
  std::span<const std::string_view> one_of;  ///< of a string: the values there are; empty for any
};

/// The declared fields of an operation's payload, an object without other fields. Immutable; any thread.
class PayloadSpec {
 public:
  /// What `fields` views (names, descriptions, choices) must outlive this.
  PayloadSpec(std::string_view title, std::vector<FieldSpec> fields);
  /// JSON Schema (draft 2020-12), as JSON.
  const std::string& schema() const { return schema_; }
  /// Notes every fault: required, wrong_type, out_of_range, too_long, not_allowed, unknown_field.
  void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const;

 private:
  std::vector<FieldSpec> fields_;
  std::string schema_;
};

}  // namespace waypost::operation
