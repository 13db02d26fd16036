#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waypost::batch {

/// How a text from a manifest is written into a payload: `any` takes it as a string, `structure` is JSON in
/// the text.
enum class ValueKind : std::uint8_t { text, number, boolean, structure, any };

struct PayloadField {
  std::string name;
  ValueKind kind = ValueKind::any;
};

/// What an operation takes, as its JSON Schema says: `properties` with their `type`, `required`, the
/// alternatives of `anyOf` (each its `required`), `additionalProperties`. The schema is the one description
/// that every operation has, an operator's own too.
struct PayloadFields {
  std::vector<PayloadField> declared;
  std::vector<std::string> required;
  std::vector<std::vector<std::string>>
      alternatives;  // one of these sets must be given whole; empty for no such rule
  bool open = true;  // takes fields that are not declared

  static PayloadFields read(std::string_view schema);
  const PayloadField* find(std::string_view name) const;
  std::vector<std::string_view> names() const;
};

}  // namespace waypost::batch
