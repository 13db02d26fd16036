#include "batch/render.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_set>

#include <fmt/format.h>

#include "waypost/base/json.hpp"

namespace waypost::batch {
namespace {

constexpr std::array<std::string_view, 6> kOurColumns = {"row",        "status",        "attempts",
                                                         "error_code", "error_message", "duration_ms"};
constexpr std::array<std::string_view, 1> kWholeResult = {"result"};
constexpr std::string_view kJsonSeparator = ",\n";

std::string_view name_of(RowOutcome::Status status) {
  switch (status) {
    case RowOutcome::Status::succeeded:
      return "succeeded";
    case RowOutcome::Status::failed:
      return "failed";
    case RowOutcome::Status::not_run:
      return "not_run";
  }
  return "";
}

void append_value(std::string& out, std::string_view value) {
  // Spaces at the ends are kept by every reader only when quoted.
  const bool quote = value.find_first_of(",\"\r\n") != std::string_view::npos || value.starts_with(' ') ||
                     value.ends_with(' ');
  if (!quote) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// JSON on one line: a line end in it can only stand between tokens.
void append_line(std::string& out, std::string_view json) {
  const std::size_t begin = out.size();
  out += json;
  const auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), is_line_end, ' ');
}

// Milliseconds to the microsecond: a lookup takes a few of those.
void append_milliseconds(std::string& out, std::chrono::nanoseconds duration) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  fmt::format_to(std::back_inserter(out), "{}.{:03}", micros / 1000, micros % 1000);
}

std::string csv_header(const std::vector<std::string>& columns,
                       std::span<const std::string_view> result_columns) {
  std::string header;
  for (const std::string& column : columns) {
    append_value(header, column);
    header += ',';
  }
  const std::unordered_set<std::string_view> taken(columns.begin(), columns.end());
  const auto add = [&](std::string_view name) {
    std::string free(name);
    while (taken.contains(free)) free.insert(0, "result_");
    append_value(header, free);
    header += ',';
  };
  std::ranges::for_each(kOurColumns, add);
  std::ranges::for_each(result_columns, add);
  header.back() = '\n';
  return header;
}

}  // namespace

RowRenderer::RowRenderer(ReportOptions options, std::vector<std::string> columns,
                         std::optional<std::span<const std::string_view>> result_columns)
    : options_(options), columns_(std::move(columns)) {
  if (result_columns) result_columns_ = result_columns->size();
  switch (options.format) {
    case ReportFormat::csv:
      frame_.header = csv_header(columns_, result_columns.value_or(kWholeResult));
      break;
    case ReportFormat::ndjson:
      break;
    case ReportFormat::json:
      frame_ = {.header = "[\n", .footer = "\n]\n", .skip = kJsonSeparator.size()};
      break;
  }
}

void RowRenderer::append(std::string& out, const InputRow& row, const RowOutcome& outcome) const {
  if (options_.scope == ReportScope::failed && outcome.status != RowOutcome::Status::failed) return;
  switch (options_.format) {
    case ReportFormat::csv:
      append_csv(out, row, outcome);
      break;
    case ReportFormat::ndjson:
      append_object(out, row, outcome);
      out += '\n';
      break;
    case ReportFormat::json:
      out += kJsonSeparator;
      append_object(out, row, outcome);
      break;
  }
}

void RowRenderer::append_csv(std::string& out, const InputRow& row, const RowOutcome& outcome) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    append_value(out, row.cell(i, columns_).text);
    out += ',';
  }
  fmt::format_to(std::back_inserter(out), "{},{},{},", row.number, name_of(outcome.status), outcome.attempts);
  append_value(out, outcome.code);
  out += ',';
  append_value(out, outcome.message);
  out += ',';
  if (outcome.status != RowOutcome::Status::not_run) append_milliseconds(out, outcome.duration);
  const bool succeeded = outcome.status == RowOutcome::Status::succeeded;
  if (!result_columns_) {
    out += ',';
    if (succeeded) append_value(out, outcome.json);
  }
  for (std::size_t i = 0; i < result_columns_.value_or(0); ++i) {
    out += ',';
    if (succeeded && i < outcome.columns.size()) append_value(out, outcome.columns[i]);
  }
  out += '\n';
}

void RowRenderer::append_object(std::string& out, const InputRow& row, const RowOutcome& outcome) const {
  fmt::format_to(std::back_inserter(out), R"({{"row":{},"input":)", row.number);
  if (row.object) {
    append_line(out, row.text);
  } else {
    json::Writer input(out);
    input.begin_object();
    for (std::size_t i = 0; i < columns_.size(); ++i) input.field(columns_[i], row.values[i]);
    input.end_object();
  }
  fmt::format_to(std::back_inserter(out), R"(,"status":"{}","attempts":{},"error":)", name_of(outcome.status),
                 outcome.attempts);
  if (outcome.status == RowOutcome::Status::failed) {
    json::Writer(out)
        .begin_object()
        .field("code", outcome.code)
        .field("message", outcome.message)
        .end_object();
  } else {
    out += "null";
  }
  out += R"(,"duration_ms":)";
  if (outcome.status == RowOutcome::Status::not_run) {
    out += "null";
  } else {
    append_milliseconds(out, outcome.duration);
  }
  out += R"(,"result":)";
  if (outcome.status == RowOutcome::Status::succeeded && !outcome.json.empty()) {
    append_line(out, outcome.json);
  } else {
    out += "null";
  }
  out += '}';
}

}  // namespace waypost::batch
