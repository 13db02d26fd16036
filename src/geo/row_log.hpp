#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "geo/input.hpp"
#include "waypost/geo/import.hpp"

namespace waypost::geo {

/// Where an import is: counts rows, notes which are left out and why, tells its progress now and then. One
/// thread.
class RowLog {
 public:
  /// `bytes_total` is of all files, as they lie on disk.
  RowLog(std::uint64_t bytes_total, ProgressFn progress)
      : bytes_total_(bytes_total), progress_(std::move(progress)) {}

  /// Rows come from this file from now on, until it is left.
  void enter(const Input& input);
  void leave();
  /// A row that stands at this line of the file.
  void row(std::uint64_t line);
  /// The row counted last is left out.
  void skip(std::string_view reason);

  std::uint64_t rows() const { return rows_; }
  std::uint64_t skipped_rows() const { return skipped_rows_; }
  std::vector<Skipped> take_skipped() { return std::move(skipped_); }

 private:
  void tell() const;

  const Input* input_ = nullptr;
  std::uint64_t bytes_total_, bytes_before_ = 0;
  ProgressFn progress_;
  std::uint64_t rows_ = 0, skipped_rows_ = 0, line_ = 0;
  std::vector<Skipped> skipped_;
};

}  // namespace waypost::geo
