#pragma once

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

/// Prometheus' text format (version 0.0.4), read by other code than that which writes it.
namespace waypost::test {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};
struct MetricFamily {
  std::string type, help;
  std::vector<Sample> samples;
};
using Exposition = std::map<std::string, MetricFamily>;

/// Every fault of the text is a failure of the test.
inline Exposition read_exposition(const std::string& text) {
  static const std::regex sample_line(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[-+]?Inf|[-+0-9.eE]+))");
  static const std::regex label(R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$))re");
  static const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
  Exposition families;
  std::set<std::string> series;
  std::string current;
  if (!text.ends_with("\n")) ADD_FAILURE() << "the last line has no end";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      current = match[2];
      auto& text_of = match[1] == "HELP" ? families[current].help : families[current].type;
      if (!text_of.empty() || !families[current].samples.empty())
        ADD_FAILURE() << "twice or too late: " << line;
      text_of = match[3];
      continue;
    }
    if (!std::regex_match(line, match, sample_line)) {
      ADD_FAILURE() << "not a sample: " << line;
      continue;
    }
    Sample sample{.name = match[1], .labels = {}, .value = std::stod(match[3])};
    const std::string labels = match[2];
    std::size_t read = 0;
    for (std::sregex_iterator at(labels.begin(), labels.end(), label), end; at != end; ++at) {
      read += static_cast<std::size_t>(at->length());
      if (!sample.labels.emplace((*at)[1], (*at)[2]).second) ADD_FAILURE() << "a label twice: " << line;
    }
    if (read != labels.size()) ADD_FAILURE() << "malformed labels: " << line;
    if (!series.insert(sample.name + '{' + labels).second) ADD_FAILURE() << "a series twice: " << line;
    auto& family = families[current];
    const std::set<std::string> ends{current + "_bucket", current + "_sum", current + "_count"};
    if (family.type == "histogram" ? !ends.contains(sample.name) : sample.name != current)
      ADD_FAILURE() << "a sample of another metric: " << line;
    family.samples.push_back(std::move(sample));
  }
  return families;
}

/// The value of one series; throws when there is none. Of a histogram `name` is that of the sample.
inline double value_of(const Exposition& families, const std::string& name,
                       const std::map<std::string, std::string>& labels = {}) {
  for (const auto& [family, content] : families)
    for (const Sample& sample : content.samples)
      if (sample.name == name && sample.labels == labels) return sample.value;
  throw std::runtime_error("there is no series of " + name + " with these labels");
}

}  // namespace waypost::test
