#pragma once

#include "batch/plan_impl.hpp"

namespace waypost::batch {

/// Makes payloads of rows, and runs those of operations that compute. What it keeps from row to row is
/// buffers. One thread at a time.
class RowRunner {
 public:
  explicit RowRunner(const BatchPlan::Impl& plan);

  /// Runs the row; nothing when it succeeded, and `columns()` and `json()` have the result then. What the
  /// operation throws ends its row, never the neighbours'.
  std::optional<operation::Failure> run(const InputRow& row, int attempt,
                                        const operation::Cancellation& cancellation);
  /// Makes the row's payload, checked; nothing when `payload()` has it.
  std::optional<operation::Failure> make_payload(const InputRow& row);

  const std::string& payload() const { return payload_; }
  std::span<const std::string> columns() const { return columns_; }
  const std::string& json() const { return json_; }

 private:
  std::optional<operation::Failure> read_cells(const InputRow& row);
  std::optional<operation::Failure> check_payload();
  std::optional<operation::Failure> run_unguarded(const InputRow& row, int attempt,
                                                  const operation::Cancellation& cancellation);

  const BatchPlan::Impl& plan_;
  std::vector<Cell> cells_;
  bool structured_ = false;  // a cell is an array or an object
  Mapping::Scratch scratch_;
  std::vector<std::string> columns_;
  std::string json_;
  std::string payload_;
  std::vector<Fault> faults_;
};

/// A result as JSON: what is none becomes a string.
std::string as_json(operation::Success success);

}  // namespace waypost::batch
