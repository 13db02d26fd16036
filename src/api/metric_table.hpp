#pragma once

#include <prometheus/metric_type.h>

#include <span>
#include <string_view>

namespace waypost::api {

/// One row of the table of metrics.
struct MetricRow {
  std::string_view name;
  prometheus::MetricType type;
  std::string_view labels;  ///< space-separated; "" for none
  std::string_view help;
};

/// Every metric of the service, to read from top to bottom; docs/metrics.md shows the same rows.
std::span<const MetricRow> metric_table();

}  // namespace waypost::api
