#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "api/metric_table.hpp"
#include "support/paths.hpp"

// What config/ has for Grafana and Prometheus, against what the service really tells.
namespace waypost::test {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

const std::string alerts_file = project_file("config/prometheus/alerts.yaml");
const std::string dashboard_file = project_file("config/grafana/waypost.json");

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator(file), {}};
}

/// The row of a metric, or of the histogram whose part it names.
const api::MetricRow* row_of(std::string name) {
  const auto find = [](const std::string& wanted) -> const api::MetricRow* {
    for (const api::MetricRow& row : api::metric_table())
      if (row.name == wanted) return &row;
    return nullptr;
  };
  if (const auto* row = find(name)) return row;
  for (const std::string part : {"_bucket", "_sum", "_count"})
    if (name.ends_with(part)) {
      const auto* row = find(name.substr(0, name.size() - part.size()));
      return row != nullptr && row->type == prometheus::MetricType::Histogram ? row : nullptr;
    }
  return nullptr;
}

std::set<std::string> metrics_in(const std::string& expression) {
  static const std::regex name(R"(\b(waypost|process)_[a-z0-9_]+\b)");
  std::set<std::string> names;
  for (std::sregex_iterator at(expression.begin(), expression.end(), name), end; at != end; ++at)
    names.insert(at->str());
  return names;
}

/// Each `label=` or `label=~` of a selector stands in the table's row of its metric.
void expect_labels_exist(const std::string& expression) {
  static const std::regex selector(R"(\b((?:waypost|process)_[a-z0-9_]+)\{([^}]*)\})");
  static const std::regex label(R"re(([a-z_]+)(?:=~|!~|!=|=)")re");
  for (std::sregex_iterator at(expression.begin(), expression.end(), selector), end; at != end; ++at) {
    const std::string labels = (*at)[2];
    const auto* row = row_of((*at)[1]);
    if (row == nullptr) continue;
    for (std::sregex_iterator one(labels.begin(), labels.end(), label); one != end; ++one) {
      const std::string name = (*one)[1];
      if (name == "instance" || name == "job" || name == "le") continue;  // Prometheus adds these
      EXPECT_THAT(" " + std::string(row->labels) + " ", HasSubstr(" " + name + " ")) << expression;
    }
  }
}

/// Counters alone, and the parts of histograms, have rates.
void expect_rates_of_counters(const std::string& expression) {
  static const std::regex rate(R"(\b(?:rate|increase|irate)\(([a-z0-9_]+))");
  for (std::sregex_iterator at(expression.begin(), expression.end(), rate), end; at != end; ++at) {
    const auto* row = row_of((*at)[1]);
    ASSERT_NE(row, nullptr) << expression;
    EXPECT_NE(row->type, prometheus::MetricType::Gauge) << expression;
  }
}

void expect_sound(const std::string& expression) {
  for (const std::string& name : metrics_in(expression))
    EXPECT_NE(row_of(name), nullptr) << "there is no metric " << name << " in " << expression;
  expect_labels_exist(expression);
  expect_rates_of_counters(expression);
}

std::vector<std::string> expressions_of(const Json& node) {
  std::vector<std::string> found;
  if (node.is_object())
    for (const auto& [key, value] : node.items()) {
      if ((key == "expr" || key == "definition") && value.is_string()) found.push_back(value);
      std::ranges::move(expressions_of(value), std::back_inserter(found));
    }
  if (node.is_array())
    for (const Json& value : node) std::ranges::move(expressions_of(value), std::back_inserter(found));
  return found;
}

TEST(Dashboard, ShowsMetricsThatExist) {
  const auto expressions = expressions_of(Json::parse(read_file(dashboard_file)));
  EXPECT_GT(expressions.size(), 40u);
  for (const std::string& expression : expressions) expect_sound(expression);
}

TEST(Dashboard, ShowsEveryMetricThatAPersonLooksAt) {
  const std::string file = read_file(dashboard_file);
  // What a graph does not show better than a table.
  const std::set<std::string> left_out{"waypost_queue_paused",
                                       "waypost_gazetteer_file_bytes",
                                       "waypost_gazetteer_source_info",
                                       "waypost_webhook_endpoints_disabled_total",
                                       "process_virtual_memory_bytes",
                                       "process_start_time_seconds",
                                       "process_threads"};
  for (const api::MetricRow& row : api::metric_table())
    EXPECT_NE(file.contains(row.name), left_out.contains(std::string(row.name))) << row.name;
}

TEST(Dashboard, CanBeImported) {
  const Json dashboard = Json::parse(read_file(dashboard_file));
  for (const auto* const key : {"title", "uid", "schemaVersion", "panels", "templating", "time"})
    EXPECT_TRUE(dashboard.contains(key)) << key;
  EXPECT_FALSE(dashboard.contains("id")) << "that of another Grafana would be taken for its own";
  std::set<int> ids;
  for (const Json& panel : dashboard.at("panels")) {
    EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second);
    EXPECT_LE(panel.at("gridPos").at("x").get<int>() + panel.at("gridPos").at("w").get<int>(), 24);
    if (panel.at("type") == "row") continue;
    EXPECT_EQ(panel.at("datasource").at("uid"), "${datasource}") << panel.at("title");
    EXPECT_FALSE(panel.at("targets").empty());
  }
}

/// One alert of the file: its lines from `- alert:` on.
struct Alert {
  std::string name, text;
};

std::vector<Alert> alerts() {
  std::vector<Alert> found;
  std::istringstream lines(read_file(alerts_file));
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view begin = "      - alert: ";
    if (line.starts_with(begin)) found.push_back({line.substr(begin.size()), ""});
    if (!found.empty()) found.back().text += line + "\n";
  }
  return found;
}

TEST(Alerts, AskForMetricsThatExist) {
  EXPECT_GT(alerts().size(), 10u);
  for (const Alert& alert : alerts()) {
    const auto end = alert.text.find("labels:");
    expect_sound(alert.text.substr(0, end));
  }
}

TEST(Alerts, EachSayWhatToDoInTheRunbook) {
  const std::string runbook = read_file(project_file("docs/runbook.md"));
  for (const auto& [name, text] : alerts()) {
    std::string anchor = name;
    std::ranges::transform(anchor, anchor.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_THAT(text, HasSubstr("          runbook_url: docs/runbook.md#" + anchor + "\n"));
    EXPECT_THAT(text, HasSubstr("          summary: "));
    EXPECT_THAT(text, HasSubstr("          description: "));
    EXPECT_TRUE(text.contains("severity: page") || text.contains("severity: ticket")) << name;
    EXPECT_THAT(runbook, HasSubstr("\n## " + name + "\n"));
  }
}

TEST(Alerts, EachHaveATestOfTheirOwn) {
  const std::string tests = read_file(project_file("config/prometheus/alerts_test.yaml"));
  for (const auto& [name, text] : alerts()) EXPECT_THAT(tests, HasSubstr(name));
}

TEST(Alerts, PromtoolTakesThemAndTheirTestsPass) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  const std::string folder = project_file("config/prometheus/");
  EXPECT_EQ(std::system(("promtool check rules " + folder + "alerts.yaml").c_str()), 0);
  EXPECT_EQ(std::system(("promtool test rules " + folder + "alerts_test.yaml").c_str()), 0);
}

TEST(Manuals, NameMetricsThatExist) {
  for (const auto* const name : {"observability", "runbook", "webhooks", "metrics"})
    for (const std::string& metric : metrics_in(read_file(project_file("docs/") + name + ".md")))
      EXPECT_NE(row_of(metric), nullptr) << name << ".md names " << metric;
}

}  // namespace
}  // namespace waypost::test
