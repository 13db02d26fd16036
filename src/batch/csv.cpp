#include "batch/csv.hpp"

#include <fmt/format.h>

namespace waypost::batch {

void CsvScanner::start_row() {
  row_line_ = line_;
  row_offset_ = offset_;
  state_ = State::value_start;
}

void CsvScanner::start_value() {
  value_line_ = line_;
  value_column_ = column();
  value_bytes_ = 0;
  check_lengths();
}

void CsvScanner::check_lengths() {
  if (value_bytes_ > kMaxFieldBytes) {
    fault_ = CsvFault{value_line_, value_column_,
                      fmt::format("this value is longer than {} bytes", kMaxFieldBytes)};
  } else if (offset_ - row_offset_ > kMaxRowBytes) {
    fault_ = CsvFault{row_line_, 1, fmt::format("this row is longer than {} bytes", kMaxRowBytes)};
  }
}

}  // namespace waypost::batch
