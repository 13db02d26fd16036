#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/base/histogram.hpp"

namespace waypost::api {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// The samples of one metric, while they are gathered.
class Family {
 public:
  explicit Family(prometheus::MetricFamily& family) : family_(&family) {}
  /// Of a counter or a gauge.
  void add(const Labels& labels, double value);
  /// Of a counter or a gauge without labels.
  void set(double value) { add({}, value); }
  template <std::integral T>
  void add(const Labels& labels, T value) {
    add(labels, static_cast<double>(value));
  }
  template <std::integral T>
  void set(T value) {
    add({}, static_cast<double>(value));
  }
  /// Of a histogram.
  void add(const Labels& labels, const Histogram& histogram);

 private:
  prometheus::ClientMetric& sample(const Labels& labels);
  prometheus::MetricFamily* family_;
};

/// One answer to a scrape: the rows of the table of metrics, with what was gathered for each.
class Exposition {
 public:
  Exposition();
  /// Throws std::logic_error for a name that is not in the table.
  Family operator[](std::string_view name);
  /// In the text format, version 0.0.4; metrics without samples are left out.
  std::string text() const;

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace waypost::api
