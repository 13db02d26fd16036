#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/geo/catalog.hpp"
#include "waypost/geo/google.hpp"
#include "waypost/operation/operation.hpp"

/// What `geocode` and `reverse` share. Any thread.
namespace waypost::operation {

std::span<const std::string_view> geocoding_columns();

/// Whether a payload is an object; notes a fault when it is none.
bool is_object(json::Value payload, const std::string& pointer, std::vector<Fault>& faults);

/// Reads a payload, that `check` may never have seen, and answers it.
using ReadPayload = std::function<geo::GoogleQuery(json::Value payload, std::vector<Fault>& faults)>;
Outcome run_payload(const geo::Catalog& catalog, const Task& task, const ReadPayload& read);

/// The texts of a query, wherever they come from: a payload's members or a row's columns, so that one
/// function reads both.
class QueryTexts {
 public:
  virtual ~QueryTexts() = default;
  /// Empty when it is absent or faulty; a fault is then noted.
  virtual std::string_view text(std::string_view name, std::size_t longest) = 0;
  /// `what` follows the field's name: "must be …".
  virtual void fault(std::string_view name, std::string_view what) = 0;
};

class PayloadTexts final : public QueryTexts {
 public:
  explicit PayloadTexts(json::Fields& fields) : fields_(fields) {}
  std::string_view text(std::string_view name, std::size_t longest) override;
  void fault(std::string_view name, std::string_view what) override;

 private:
  json::Fields& fields_;
};

/// Keeps the first fault.
class RowTexts final : public QueryTexts {
 public:
  explicit RowTexts(const RowFields& row) : row_(row) {}
  std::string_view text(std::string_view name, std::size_t longest) override;
  void fault(std::string_view name, std::string_view what) override;
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  const RowFields& row_;
  std::optional<Failure> failure_;
};

/// `language`, of any query.
std::string read_language(QueryTexts& texts);

/// The value of a row's field; empty when it has none.
std::string_view value_of(const RowFields& row, std::string_view name);
/// The failure of a row with a field outside `known`.
std::optional<Failure> unknown_field(const RowFields& row, std::span<const std::string_view> known);
Failure invalid_row(std::string message);
/// Answers one query as columns.
std::optional<Failure> answer_row(const geo::Catalog& catalog, const geo::GoogleQuery& query, bool want_json,
                                  std::vector<std::string>& columns, std::string& json);

}  // namespace waypost::operation
