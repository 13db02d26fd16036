#include "batch/rows.hpp"

#include <fmt/format.h>

#include "batch/csv.hpp"
#include "waypost/base/text.hpp"

namespace waypost::batch {
namespace {

std::unexpected<Error> changed(std::string cause) {
  return fail(Code::internal, "the stored manifest is damaged", std::move(cause));
}

// Collects the values of a row as views: into the chunk where a value stands there in one piece, else into
// `joined_`.
class RowSink {
 public:
  RowSink(const ManifestChunk& chunk, std::size_t columns, const CsvScanner& scanner,
          const std::function<bool(const InputRow&)>& on_row)
      : columns_(columns), scanner_(scanner), on_row_(on_row), next_row_(chunk.first_row) {
    values_.reserve(columns);
    joined_.reserve(chunk.bytes.size());  // never grows past it, so views into it stay
  }

  void text(std::string_view piece) {
    if (value_.empty()) {
      value_ = piece;
      return;
    }
    if (!in_joined_) {
      const std::size_t begin = joined_.size();
      joined_.append(value_);
      value_ = std::string_view(joined_).substr(begin);
      in_joined_ = true;
    }
    joined_.append(piece);
    value_ = {value_.data(), value_.size() + piece.size()};
  }
  void end_value() {
    if (++count_ <= columns_) values_.push_back(value_);
    value_ = {};
    in_joined_ = false;
  }
  bool end_row() {
    values_.resize(columns_);
    const bool go_on = on_row_(
        InputRow{.number = next_row_++, .line = scanner_.row_line(), .values = values_, .count = count_});
    values_.clear();
    joined_.clear();
    count_ = 0;
    return go_on;
  }

 private:
  std::size_t columns_;
  const CsvScanner& scanner_;
  const std::function<bool(const InputRow&)>& on_row_;
  std::uint64_t next_row_;
  std::vector<std::string_view> values_;
  std::size_t count_ = 0;
  std::string_view value_;
  bool in_joined_ = false;
  std::string joined_;
};

Result<void> for_each_csv_row(const ManifestChunk& chunk, std::size_t columns,
                              const std::function<bool(const InputRow&)>& on_row) {
  CsvScanner scanner(chunk.line);
  RowSink sink(chunk, columns, scanner, on_row);
  auto fault = scanner.feed(chunk.bytes, sink);
  if (!fault && scanner.offset() == chunk.bytes.size()) fault = scanner.finish(sink);
  if (fault)
    return changed(fmt::format("line {}, column {}: {}", fault->line, fault->column, fault->message));
  return {};
}

Result<void> for_each_ndjson_row(const ManifestChunk& chunk,
                                 const std::function<bool(const InputRow&)>& on_row) {
  std::uint64_t row = chunk.first_row;
  std::uint64_t line_number = chunk.line;
  for (std::string_view rest = chunk.bytes; !rest.empty(); ++line_number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = text::trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    const auto document = json::Document::parse(line);
    if (!document || !document->root().is(json::Kind::object)) {
      return changed(fmt::format("line {} is no JSON object", line_number));
    }
    if (!on_row({.number = row++, .line = line_number, .object = document->root(), .text = line})) break;
  }
  return {};
}

}  // namespace

Cell InputRow::cell(std::size_t column, const std::vector<std::string>& columns) const {
  if (!object) return {.text = values[column]};
  const auto member = object->find(columns[column]);
  if (!member) return {.absent = true};
  if (member->is(json::Kind::string)) return {.text = member->string()};
  if (member->is(json::Kind::null)) return {.json = member->raw()};
  return {.text = member->raw(), .json = member->raw()};
}

Result<void> for_each_row(const ManifestChunk& chunk, const ManifestFacts& facts,
                          const std::function<bool(const InputRow&)>& on_row) {
  if (facts.format == ManifestFormat::csv) return for_each_csv_row(chunk, facts.columns.size(), on_row);
  return for_each_ndjson_row(chunk, on_row);
}

}  // namespace waypost::batch
