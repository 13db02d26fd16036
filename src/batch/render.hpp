#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/rows.hpp"
#include "waypost/batch/report.hpp"

namespace waypost::batch {

struct RowOutcome {
  enum class Status : std::uint8_t { succeeded, failed, not_run };
  Status status = Status::not_run;
  int attempts = 0;
  std::string_view code;  // of a failure
  std::string_view message;
  std::chrono::nanoseconds duration{0};
  std::span<const std::string> columns;  // of a success, where the operation has result columns
  std::string_view json;                 // of a success, JSON
};

/// Writes report rows. CSV lines end with LF; values are quoted where RFC 4180 asks for it, and are the
/// input's byte for byte once unquoted. Immutable; any thread.
class RowRenderer {
 public:
  /// `result_columns`: the operation's, or nothing when its result is one JSON text.
  RowRenderer(ReportOptions options, std::vector<std::string> columns,
              std::optional<std::span<const std::string_view>> result_columns);
  const ReportFrame& frame() const { return frame_; }
  /// Whether the JSON of results is shown.
  bool wants_json() const { return options_.format != ReportFormat::csv || !result_columns_; }
  /// Appends the row, unless the scope leaves it out.
  void append(std::string& out, const InputRow& row, const RowOutcome& outcome) const;

 private:
  void append_csv(std::string& out, const InputRow& row, const RowOutcome& outcome) const;
  void append_object(std::string& out, const InputRow& row, const RowOutcome& outcome) const;

  ReportOptions options_;
  std::vector<std::string> columns_;
  std::optional<std::size_t> result_columns_;
  ReportFrame frame_;
};

}  // namespace waypost::batch
