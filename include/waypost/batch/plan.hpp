#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/batch/manifest.hpp"
#include "waypost/batch/report.hpp"
#include "waypost/job/job.hpp"
#include "waypost/operation/operation.hpp"

namespace waypost::batch {

/// The fields of an operation and how each is made from columns: `{"address", "{street}, {city} {zip}"}`.
/// `{name}` is a column's value, `{{` and `}}` are braces. Where every column that a template names is empty
/// the field is not given.
///
/// An empty map matches columns and fields by name, case and all; columns that are no field are carried into
/// the report. With a map only what it says is given to the operation.
using FieldMap = std::vector<std::pair<std::string, std::string>>;

/// Notes what keeps `map` from working on these columns, at `pointer` ("/map") or below it ("/map/address"):
/// malformed_template, unknown_column, unknown_field, required. `columns` are those of the manifest. What the
/// operation takes is read from its schema.
void validate_map(const FieldMap& map, const std::vector<std::string>& columns,
                  const operation::Operation& operation, const std::string& pointer,
                  std::vector<Fault>& faults);

/// How the rows of one manifest become tasks and report rows, worked out once per job. Immutable; any thread.
class BatchPlan {
 public:
  struct Request {
    const operation::Operation* operation = nullptr;  ///< outlives the plan, or else:
    std::shared_ptr<const operation::Operation> keeps_operation;
    FieldMap map;
    ReportOptions report;
    std::string job_id;
    std::string traceparent;
    std::string tracestate;
    /// Entries of the manifest's index that make one chunk of the batch.
    std::uint64_t stride = 1;
    int max_attempts = 1;  ///< of a row, in one run
    job::Backoff backoff;
    std::chrono::milliseconds timeout{60000};  ///< of one attempt at a row
  };
  /// Fails with validation_failed and the faults of `validate_map` at "/map".
  static Result<BatchPlan> make(const ManifestFacts& facts, Request request);
  BatchPlan(BatchPlan&&) noexcept;
  BatchPlan& operator=(BatchPlan&&) noexcept;
  ~BatchPlan();

  /// What stands around the report's rows.
  const ReportFrame& frame() const;
  /// What runs over each row; lives as long as the plan.
  const operation::Operation& operation() const;

  struct Impl;  ///< private to the room
  const Impl& impl() const { return *impl_; }

 private:
  explicit BatchPlan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::batch
