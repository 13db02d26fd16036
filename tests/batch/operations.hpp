#pragma once

#include <array>
#include <string>
#include <vector>

#include "waypost/operation/operation.hpp"

/// Operations that tests run over rows.
namespace waypost::batch::testing {

/// Takes {text, times, loud}; returns the text, repeated. "fail" fails, "throw" throws.
class Repeat final : public operation::ComputeOperation {
 public:
  std::string_view type() const override { return "repeat"; }
  std::string_view description() const override { return "Repeats a text."; }
  std::string_view schema() const override {
    return R"({"type":"object","properties":{"text":{"type":"string"},"times":{"type":["integer","null"]},
      "loud":{"type":"boolean"},"list":{"type":"array"}},"required":["text"],"additionalProperties":false})";
  }
  void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const override {
    json::Fields fields(payload, pointer, faults);
    fields.require("text");
    fields.string("text");
    fields.integer("times", {1, 9});
    fields.boolean("loud");
    fields.array("list");
    fields.finish();
  }
  operation::Outcome run(const operation::Task& task, const operation::Cancellation&) const override {
    if (task.payload.find("\"fail\"") != std::string_view::npos) {
      return operation::Failure{.code = "asked_to", .message = "you said, \"fail\"", .retry = false};
    }
    if (task.payload.find("\"throw\"") != std::string_view::npos) throw std::runtime_error("a bug");
    return operation::Success{.body = std::string(task.payload)};
  }
};

/// The same as a fast path: {text} becomes the columns `length` and `copy`.
class Measure final : public operation::ComputeOperation, public operation::RowOperation {
 public:
  std::string_view type() const override { return "measure"; }
  std::string_view description() const override { return "Measures a text."; }
  std::string_view schema() const override {
    return R"({"type":"object","properties":{"text":{"type":"string"},"hint":{"type":"string"}},
      "anyOf":[{"required":["text"]},{"required":["hint"]}],"additionalProperties":false})";
  }
  void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const override {
    json::Fields fields(payload, pointer, faults);
    fields.string("text");
    fields.string("hint");
    fields.finish();
  }
  operation::Outcome run(const operation::Task&, const operation::Cancellation&) const override {
    throw std::logic_error("rows() is the way in");
  }
  const operation::RowOperation* rows() const override { return this; }
  std::span<const std::string_view> result_columns() const override { return kColumns; }
  std::optional<operation::Failure> run_row(const operation::RowFields& row, bool want_json,
                                            std::vector<std::string>& columns,
                                            std::string& json) const override {
    const std::string_view text = row.values[0];
    if (text == "fail") return operation::Failure{.code = "asked_to", .message = "as asked"};
    columns[0] = std::to_string(text.size());
    columns[1].assign(text);
    if (want_json)
      json::Writer(json).begin_object().field("length", static_cast<int>(text.size())).end_object();
    return std::nullopt;
  }

 private:
  static constexpr std::array<std::string_view, 2> kColumns = {"length", "copy"};
};

/// Takes any object and gives it back.
class Anything final : public operation::ComputeOperation {
 public:
  std::string_view type() const override { return "anything"; }
  std::string_view description() const override { return "Returns its payload."; }
  std::string_view schema() const override { return "{}"; }
  void check(json::Value, const std::string&, std::vector<Fault>&) const override {}
  operation::Outcome run(const operation::Task& task, const operation::Cancellation&) const override {
    return operation::Success{.body = std::string(task.payload)};
  }
};

}  // namespace waypost::batch::testing
