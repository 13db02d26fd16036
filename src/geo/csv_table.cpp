#include "geo/csv_table.hpp"

#include <algorithm>

#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

/// A quote that is never closed would make the rest of the file one row: it ends after so many lines.
constexpr std::size_t most_lines_of_a_row = 100;

char separator_of(std::string_view header) {
  const auto count = [&](char c) { return std::ranges::count(header, c); };
  return std::ranges::max({',', ';', '\t', '|'}, {}, count);
}

}  // namespace

Result<CsvTable> CsvTable::open(Input input) {
  CsvTable table{LineReader(std::move(input))};
  const auto first = table.lines_.next();
  if (!first) return std::unexpected(first.error());
  if (!*first) return table.input().broken("is empty: a header with the names of the columns is missing");
  table.row_ = **first;
  if (table.row_.starts_with("\xEF\xBB\xBF")) table.row_.erase(0, 3);
  if (!text::is_utf8(table.row_)) return table.input().broken("the header is not UTF-8");
  table.separator_ = separator_of(table.row_);
  table.split();
  for (const auto value : table.values_) table.header_.emplace_back(text::trim(value));
  return table;
}

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
  const auto it = std::ranges::find_if(header_, [&](const auto& own) { return text::iequals(own, name); });
  return it == header_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(it - header_.begin()));
}

Result<std::optional<std::vector<std::string_view>>> CsvTable::next() {
  do {
    const auto more = read_row();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::nullopt;
  } while (row_.empty());
  split();
  return values_;
}

/// The next line, with those that follow while a quote is open. Whether there is one.
Result<bool> CsvTable::read_row() {
  row_.clear();
  for (std::size_t lines = 0; lines < most_lines_of_a_row; ++lines) {
    const auto line = lines_.next();
    if (!line) return std::unexpected(line.error());
    if (!*line) return lines > 0;
    if (lines == 0) row_line_ = lines_.line();
    if (lines > 0) row_ += '\n';
    row_ += **line;
    if (std::ranges::count(row_, '"') % 2 == 0) return true;
  }
  return true;
}

/// Values of the row, unescaped where they stand.
void CsvTable::split() {
  values_.clear();
  std::size_t at = 0;
  for (;;) {
    const bool quoted = at < row_.size() && row_[at] == '"';
    if (!quoted) {
      const auto end = std::min(row_.find(separator_, at), row_.size());
      values_.push_back(std::string_view(row_).substr(at, end - at));
      at = end;
    } else {
      const auto begin = ++at;
      auto end = begin;
      for (; at < row_.size(); ++at) {
        if (row_[at] == '"' && (at + 1 == row_.size() || row_[at + 1] != '"')) break;
        if (row_[at] == '"') ++at;
        row_[end++] = row_[at];
      }
      values_.push_back(std::string_view(row_).substr(begin, end - begin));
      at = std::min(row_.find(separator_, std::min(at + 1, row_.size())), row_.size());
    }
    if (at >= row_.size()) return;
    ++at;  // the separator
    if (at == row_.size()) {
      values_.emplace_back();
      return;
    }
  }
}

}  // namespace waypost::geo
