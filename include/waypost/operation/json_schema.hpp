#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/json.hpp"

namespace waypost::operation {

/// A JSON Schema (draft 7; references within the document only). Immutable; any thread.
class JsonSchema {
 public:
  /// Fails with Code::validation_failed, or invalid_json with line and column, saying what is wrong.
  static Result<JsonSchema> parse(std::string_view text);
  JsonSchema(JsonSchema&&) noexcept;
  JsonSchema& operator=(JsonSchema&&) noexcept;
  ~JsonSchema();

  const std::string& text() const;
  /// Notes what of `value` does not match, at pointers that start with `pointer`. Strings longer than
  /// 4,096 characters do not match where the schema looks into them (pattern, format).
  void check(json::Value value, const std::string& pointer, std::vector<Fault>& faults) const;

 private:
  struct Impl;
  explicit JsonSchema(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::operation
