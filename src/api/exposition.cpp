#include "api/exposition.hpp"

#include <prometheus/text_serializer.h>

#include <stdexcept>

#include "api/metric_table.hpp"

namespace waypost::api {

prometheus::ClientMetric& Family::sample(const Labels& labels) {
  prometheus::ClientMetric& sample = family_->metric.emplace_back();
  for (const auto& [name, value] : labels) sample.label.push_back({std::string(name), value});
  return sample;
}

void Family::add(const Labels& labels, double value) {
  auto& made = sample(labels);
  made.counter.value = made.gauge.value = value;
}

void Family::add(const Labels& labels, const Histogram& histogram) {
  auto& made = sample(labels).histogram;
  const Scale& scale = histogram.scale();
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    made.sample_count += histogram.counts()[i];
    if (i < scale.bounds.size())
      made.bucket.push_back({made.sample_count, static_cast<double>(scale.bounds[i]) * scale.step});
  }
  made.sample_sum = static_cast<double>(histogram.sum()) * scale.step;
}

Exposition::Exposition() {
  for (const MetricRow& row : metric_table())
    families_.push_back(
        {.name = std::string(row.name), .help = std::string(row.help), .type = row.type, .metric = {}});
}

Family Exposition::operator[](std::string_view name) {
  for (auto& family : families_)
    if (family.name == name) return Family(family);
  throw std::logic_error("the table of metrics has no " + std::string(name));
}

std::string Exposition::text() const {
  std::vector<prometheus::MetricFamily> told;
  std::ranges::copy_if(families_, std::back_inserter(told),
                       [](const auto& family) { return !family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(told);
}

}  // namespace waypost::api
