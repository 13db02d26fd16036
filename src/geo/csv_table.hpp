#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/line_reader.hpp"

namespace waypost::geo {

/// Reads a table of separated values (RFC 4180): a header, then rows whose quoted values may hold separators,
/// quotes and line ends. The separator is what the header uses: comma, semicolon, tab or bar. One bad row
/// does not spoil the next. One thread.
class CsvTable {
 public:
  /// Reads the header. Fails as the lines do, and when there is none.
  static Result<CsvTable> open(Input input);

  /// The column of that name in any case; nothing when there is none.
  std::optional<std::size_t> column(std::string_view name) const;
  const std::vector<std::string>& header() const { return header_; }
  /// The next row that is not empty, unescaped and valid until the next call; nothing at the end. A row is
  /// whole when it has as many values as the header.
  Result<std::optional<std::vector<std::string_view>>> next();
  /// Where the row returned last begins, from 1.
  std::uint64_t line() const { return row_line_; }
  const Input& input() const { return lines_.input(); }

 private:
  explicit CsvTable(LineReader lines) : lines_(std::move(lines)) {}
  Result<bool> read_row();
  void split();

  LineReader lines_;
  char separator_ = ',';
  std::vector<std::string> header_;
  std::string row_;
  std::uint64_t row_line_ = 0;
  std::vector<std::string_view> values_;
};

}  // namespace waypost::geo
