#include "waypost/batch/report.hpp"

namespace waypost::batch {

std::string_view to_string(ReportFormat format) {
  switch (format) {
    case ReportFormat::csv:
      return "csv";
    case ReportFormat::ndjson:
      return "ndjson";
    case ReportFormat::json:
      return "json";
  }
  return "";
}

std::string_view to_string(ReportScope scope) {
  return scope == ReportScope::all ? "all" : "failed";
}

std::optional<ReportFormat> report_format(std::string_view name) {
  for (const ReportFormat format : {ReportFormat::csv, ReportFormat::ndjson, ReportFormat::json}) {
    if (to_string(format) == name) return format;
  }
  return std::nullopt;
}

std::optional<ReportScope> report_scope(std::string_view name) {
  for (const ReportScope scope : {ReportScope::all, ReportScope::failed}) {
    if (to_string(scope) == name) return scope;
  }
  return std::nullopt;
}

std::string_view media_type(ReportFormat format) {
  switch (format) {
    case ReportFormat::csv:
      return "text/csv; charset=utf-8";
    case ReportFormat::ndjson:
      return "application/x-ndjson";
    case ReportFormat::json:
      return "application/json";
  }
  return "";
}

ReportFormat default_report_format(ManifestFormat format) {
  return format == ManifestFormat::csv ? ReportFormat::csv : ReportFormat::ndjson;
}

}  // namespace waypost::batch
