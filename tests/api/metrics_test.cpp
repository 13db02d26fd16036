#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "api/metric_table.hpp"
#include "support/app_fixture.hpp"
#include "support/exposition.hpp"
#include "support/paths.hpp"
#include "support/sink.hpp"
#include "waypost/base/text.hpp"

// §8: what Prometheus is told.
namespace waypost::test {
namespace {

using testing::IsEmpty;
using LabelNames = std::set<std::string>;

class Metrics : public SharedApp<Metrics> {
 public:
  static std::string text() { return app().get("/metrics").body; }
  static Exposition read() { return read_exposition(text()); }
};

std::string type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:
      return "?";
  }
}

LabelNames names_in(std::string_view labels) {
  LabelNames names;
  for (const auto name : text::split(labels, ' '))
    if (!name.empty()) names.emplace(name);
  return names;
}

TEST_F(Metrics, AreThoseOfTheTableWithItsTypesLabelsAndHelp) {
  Sink sink;
  app().ended(app().submit({{"type", "echo"}, {"webhook", {{"url", sink.url()}}}}));
  const auto response = app().get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  Exposition families = read_exposition(response.body);
  for (const api::MetricRow& row : api::metric_table()) {
    const std::string name(row.name);
    ASSERT_TRUE(families.contains(name)) << name;
    const MetricFamily family = families.extract(name).mapped();
    EXPECT_EQ(family.type, type_name(row.type)) << name;
    EXPECT_EQ(family.help, row.help) << name;
    LabelNames names = names_in(row.labels);
    for (const Sample& sample : family.samples) {
      LabelNames found;
      for (const auto& [label, value] : sample.labels) found.insert(label);
      if (sample.name == name + "_bucket") EXPECT_EQ(found.erase("le"), 1u);
      EXPECT_EQ(found, names) << sample.name;
    }
  }
  EXPECT_THAT(families, IsEmpty()) << "not in the table";
}

/// What promtool's linter demands (github.com/prometheus/client_golang, promlint), and a little more.
TEST_F(Metrics, BearNamesAsPrometheusAdvises) {
  for (const api::MetricRow& row : api::metric_table()) {
    const std::string name(row.name);
    EXPECT_TRUE(name.starts_with("waypost_") || name.starts_with("process_")) << name;
    EXPECT_FALSE(row.help.empty()) << name;
    EXPECT_TRUE(row.help.ends_with('.')) << name;
    EXPECT_EQ(row.type == prometheus::MetricType::Counter, name.ends_with("_total")) << name;
    for (const auto* const end : {"_count", "_sum", "_bucket"}) EXPECT_FALSE(name.ends_with(end)) << name;
    for (const auto* const unit :
         {"milliseconds", "microseconds", "minutes", "hours", "kilobytes", "megabytes", "percent"})
      EXPECT_FALSE(name.contains(unit)) << name << " has no base unit";
    for (const auto* const type : {"_counter", "_gauge", "_histogram"})
      EXPECT_FALSE(name.contains(type)) << name;
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); })) << name;
    EXPECT_FALSE(names_in(row.labels).contains("le")) << name;
  }
}

TEST_F(Metrics, PromtoolFindsNoFaultWithThem) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  const auto file = app().data_dir() / "metrics.txt";
  std::ofstream(file) << text();
  EXPECT_EQ(std::system(("promtool check metrics < " + file.string()).c_str()), 0);
}

TEST_F(Metrics, AreDocumentedAsTheTableHasThem) {
  std::ifstream file(project_file("docs/metrics.md"));
  const std::string manual{std::istreambuf_iterator(file), {}};
  std::size_t rows = 0;
  for (const api::MetricRow& row : api::metric_table()) {
    std::string labels;
    for (const auto name : text::split(row.labels, ' '))
      if (!name.empty()) labels += (labels.empty() ? "`" : ", `") + std::string(name) + "`";
    const std::string line = "| `" + std::string(row.name) + "` | " + type_name(row.type) + " | " +
                             (labels.empty() ? "–" : labels) + " | " + std::string(row.help) + " |\n";
    EXPECT_NE(manual.find(line), std::string::npos) << "docs/metrics.md lacks:\n" << line;
    ++rows;
  }
  std::size_t documented = 0;
  for (std::size_t at = 0; (at = manual.find("\n| `", at)) != std::string::npos; ++at) ++documented;
  EXPECT_EQ(documented, rows) << "docs/metrics.md has rows that are in no table";
}

TEST_F(Metrics, CountRequestsByRouteTemplateAndStatus) {
  const std::map<std::string, std::string> found{
      {"method", "GET"}, {"route", "/v1/jobs/{id}"}, {"code", "200"}},
      missing{{"method", "GET"}, {"route", "/v1/jobs/{id}"}, {"code", "404"}},
      nowhere{{"method", ""}, {"route", "none"}, {"code", "404"}};
  const std::string id = app().submit({{"type", "echo"}});
  app().ended(id);
  const auto round = [&] {
    // One connection: a response is counted before the next request on it is read.
    RawClient client(app().port());
    for (const std::string& target : {"/v1/jobs/" + id, std::string("/v1/jobs/none"),
                                      std::string("/no/such/path"), std::string("/healthz")}) {
      client.send(request_text("GET", target));
      client.receive();
    }
  };
  round();
  const Exposition before = read();
  round();
  const Exposition after = read();
  for (const auto* labels : {&found, &missing, &nowhere})
    EXPECT_EQ(value_of(after, "waypost_http_requests_total", *labels),
              value_of(before, "waypost_http_requests_total", *labels) + 1);
  const std::map<std::string, std::string> route{{"method", "GET"}, {"route", "/v1/jobs/{id}"}};
  EXPECT_GE(value_of(after, "waypost_http_request_duration_seconds_count", route),
            value_of(before, "waypost_http_request_duration_seconds_count", route) + 2);
  EXPECT_GE(value_of(after, "waypost_http_requests_in_flight"), 1) << "the scrape itself";
  EXPECT_GE(value_of(after, "waypost_http_connections"), 1);
}

TEST_F(Metrics, CountWhatBecomesOfJobs) {
  const Exposition before = read();
  const std::map<std::string, std::string> type{{"type", "echo"}};
  const auto of_echo = [](const Exposition& metrics, const std::string& name, std::string label,
                          std::string value) {
    return value_of(metrics, name, {{"type", "echo"}, {std::move(label), std::move(value)}});
  };
  app().ended(app().submit({{"type", "echo"}}));
  app().ended(app().submit({{"type", "http"},
                            {"payload", {{"url", "http://127.0.0.1:1/"}}},
                            {"max_attempts", 2},
                            {"backoff", {{"initial_seconds", 0}}}}));
  const Exposition after = read();
  const auto submitted = [&](const Exposition& metrics) {
    return metrics.at("waypost_jobs_submitted_total").samples.empty()
               ? 0.0
               : value_of(metrics, "waypost_jobs_submitted_total", type);
  };
  EXPECT_EQ(submitted(after), submitted(before) + 1);
  EXPECT_EQ(of_echo(after, "waypost_jobs_ended_total", "state", "succeeded"),
            of_echo(before, "waypost_jobs_ended_total", "state", "succeeded") + 1);
  EXPECT_EQ(of_echo(after, "waypost_job_attempts_total", "outcome", "succeeded"),
            of_echo(before, "waypost_job_attempts_total", "outcome", "succeeded") + 1);
  EXPECT_EQ(value_of(after, "waypost_job_wait_seconds_count", type),
            value_of(before, "waypost_job_wait_seconds_count", type) + 1);
  EXPECT_EQ(value_of(after, "waypost_job_attempt_duration_seconds_count", type),
            value_of(before, "waypost_job_attempt_duration_seconds_count", type) + 1);
  EXPECT_GE(value_of(after, "waypost_job_retries_total", {{"type", "http"}}), 1);
  EXPECT_GE(value_of(after, "waypost_job_attempts_total", {{"type", "http"}, {"outcome", "failed"}}), 2);
  EXPECT_EQ(value_of(after, "waypost_job_leases_lost_total"), 0);
  EXPECT_GE(value_of(after, "waypost_jobs", {{"queue", "default"}, {"state", "succeeded"}}), 1);
}

TEST_F(Metrics, CountCommitsAndWhatTheyCarry) {
  app().submit({{"type", "echo"}});
  const Exposition metrics = read();
  EXPECT_GE(value_of(metrics, "waypost_store_commit_duration_seconds_count"), 1);
  EXPECT_EQ(value_of(metrics, "waypost_store_commit_duration_seconds_count"),
            value_of(metrics, "waypost_store_commit_operations_count"));
  EXPECT_GT(value_of(metrics, "waypost_store_commit_operations_sum"), 0);
  EXPECT_GT(value_of(metrics, "waypost_store_wal_bytes"), 0);
  EXPECT_GT(value_of(metrics, "waypost_store_file_bytes"), 0);
  EXPECT_GT(value_of(metrics, "waypost_store_free_bytes"), 0);
  EXPECT_EQ(value_of(metrics, "waypost_store_healthy"), 1);
}

TEST_F(Metrics, CountLookupsByWhatTheyFound) {
  const Exposition before = read();
  EXPECT_EQ(app().get("/v1/geocode?q=Paris").status, 200);
  EXPECT_EQ(app().get("/v1/geocode?q=xqzvwkjh%20qqqzzz").status, 200);
  EXPECT_EQ(app().get("/v1/reverse?lat=48.85&lng=2.35").status, 200);
  EXPECT_EQ(app().get("/v1/autocomplete?q=Par").status, 200);
  const Exposition after = read();
  const auto more = [&](const std::string& kind, const std::string& outcome) {
    const std::map<std::string, std::string> labels{{"kind", kind}, {"outcome", outcome}};
    return value_of(after, "waypost_gazetteer_lookups_total", labels) -
           value_of(before, "waypost_gazetteer_lookups_total", labels);
  };
  EXPECT_EQ(more("forward", "found"), 1);
  EXPECT_EQ(more("forward", "nothing"), 1);
  EXPECT_EQ(more("reverse", "found"), 1);
  EXPECT_EQ(more("autocomplete", "found"), 1);
  EXPECT_EQ(more("place", "found"), 0);
  EXPECT_GT(value_of(after, "waypost_gazetteer_places"), 20'000);
  EXPECT_EQ(after.at("waypost_gazetteer_source_info").samples.size(),
            after.at("waypost_gazetteer_source_rows").samples.size());
}

TEST_F(Metrics, CountWhatTheEgressGuardRefused) {
  const Exposition before = read();
  const auto refusal = [&](const std::string& url) {
    expect_problem(app().post("/v1/jobs", Json{{"type", "http"}, {"payload", {{"url", url}}}}.dump()), 422,
                   "egress_forbidden");
  };
  refusal("http://10.1.2.3/");
  refusal("http://169.254.169.254/");
  const Exposition after = read();
  for (const auto* const reason : {"private", "forbidden"})
    EXPECT_GE(value_of(after, "waypost_egress_refused_total", {{"reason", reason}}),
              value_of(before, "waypost_egress_refused_total", {{"reason", reason}}) + 1)
        << reason;
}

TEST_F(Metrics, NameTheProcessAndItsBuild) {
  const Exposition metrics = read();
  EXPECT_GT(value_of(metrics, "process_start_time_seconds"), 1.7e9);
  EXPECT_GT(value_of(metrics, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value_of(metrics, "process_max_fds"), value_of(metrics, "process_open_fds"));
  EXPECT_EQ(metrics.at("waypost_build_info").samples.at(0).labels.at("version"), WAYPOST_VERSION);
}

TEST(MetricsOfHeldQueues, TellHowLongTheOldestIsReadyAlsoBehindThousandsThatComeFirst) {
  ManualClock clock;
  const RunningApp app(clock, [](app::Config& config) { config.queues["held"].concurrency = 0; });
  const auto age = [&] {
    return value_of(read_exposition(app.get("/metrics").body), "waypost_queue_oldest_ready_age_seconds",
                    {{"queue", "held"}});
  };
  EXPECT_EQ(age(), 0);
  EXPECT_EQ(value_of(read_exposition(app.get("/metrics").body), "waypost_queue_paused", {{"queue", "held"}}),
            1);
  const std::string oldest = app.submit({{"type", "echo"}, {"queue", "held"}, {"priority", 0}});
  clock.advance(Seconds{100});
  // More than are held in memory stand before it.
  for (int part = 0; part < 3; ++part) {
    Json jobs = Json::array();
    for (int i = 0; i < 1'000; ++i) jobs.push_back({{"type", "echo"}, {"queue", "held"}, {"priority", 9}});
    ASSERT_LT(app.post("/v1/jobs/bulk", Json{{"jobs", jobs}}.dump()).status, 300);
  }
  EXPECT_EQ(age(), 100);
  clock.advance(Seconds{50});
  EXPECT_EQ(age(), 150);
  app.post("/v1/jobs/" + oldest + "/cancel");
  EXPECT_EQ(age(), 50);
}

TEST(MetricsOfManyQueues, AreBoundedAsClientsNameTheQueues) {
  const RunningApp app([](app::Config& config) { config.queues["busy"].concurrency = 0; });
  Json jobs = Json::array();
  for (int i = 0; i < 300; ++i)
    jobs.push_back({{"type", "echo"}, {"queue", "q" + std::to_string(i)}, {"delay_seconds", 3600}});
  for (int i = 0; i < 3; ++i) jobs.push_back({{"type", "echo"}, {"queue", "busy"}});
  ASSERT_LT(app.post("/v1/jobs/bulk", Json{{"jobs", jobs}}.dump()).status, 300);
  const Exposition metrics = read_exposition(app.get("/metrics").body);
  EXPECT_EQ(metrics.at("waypost_queue_paused").samples.size(), 201u);
  EXPECT_EQ(value_of(metrics, "waypost_jobs", {{"queue", "busy"}, {"state", "queued"}}), 3);
  EXPECT_EQ(value_of(metrics, "waypost_jobs", {{"queue", "(other)"}, {"state", "scheduled"}}), 101);
}

TEST(MetricsOfWebhooks, TellTheBacklogItsAgeAndWhatCameOfAttempts) {
  ManualClock clock;
  Sink sink([](const Sink::Request& request) {
    return Sink::Answer{.status = request.target == "/bad" ? 500 : 204};
  });
  const RunningApp app(clock,
                       [](app::Config& config) { config.webhooks.retry = {Seconds{0}, Seconds{3600}}; });
  const auto scrape = [&] { return read_exposition(app.get("/metrics").body); };
  app.ended(app.submit({{"type", "echo"}, {"webhook", {{"url", sink.url("/bad")}}}}));
  app.ended(app.submit({{"type", "echo"}, {"webhook", {{"url", sink.url("/good")}}}}));
  sink.wait_for(2);
  const auto attempts = [&](const std::string& outcome) {
    return value_of(scrape(), "waypost_webhook_attempts_total", {{"outcome", outcome}});
  };
  while (attempts("retried") < 1 || attempts("delivered") < 1 ||
         value_of(scrape(), "waypost_webhook_backlog") > 1) {
  }
  clock.advance(Seconds{60});
  const Exposition metrics = scrape();
  EXPECT_EQ(value_of(metrics, "waypost_webhook_backlog"), 1);
  EXPECT_EQ(value_of(metrics, "waypost_webhook_oldest_age_seconds"), 60);
  EXPECT_EQ(value_of(metrics, "waypost_webhook_attempt_duration_seconds_count"), 2);
  EXPECT_EQ(json_of(app.get("/v1/stats")).at("webhooks").at("pending"), 1);
}

TEST(MetricsOfRefusals, CountRequestsThatBringNoKeyOrAWrongOne) {
  const RunningApp app;
  const auto made = app.post("/v1/api-keys", R"({"name": "m", "scopes": ["jobs:read"]})");
  const Headers bearer{{"Authorization", "Bearer " + json_of(made).at("key").get<std::string>()}};
  EXPECT_EQ(app.get("/metrics").status, 401);
  EXPECT_EQ(app.get("/v1/stats", {{"Authorization", "Bearer wp_nonsense"}}).status, 401);
  EXPECT_EQ(app.post("/v1/jobs", R"({"type": "echo"})", bearer).status, 403);
  const Exposition metrics = read_exposition(app.get("/metrics", bearer).body);
  EXPECT_EQ(value_of(metrics, "waypost_auth_refusals_total", {{"reason", "unauthenticated"}}), 2);
  EXPECT_EQ(value_of(metrics, "waypost_auth_refusals_total", {{"reason", "forbidden"}}), 1);
  EXPECT_EQ(value_of(metrics, "waypost_auth_refusals_total", {{"reason", "rate_limited"}}), 0);
}

TEST(MetricsOfRefusals, CountConnectionsOverALimit) {
  const RunningApp app([](app::Config& config) { config.server.max_connections_per_address = 2; });
  RawClient held(app.port());
  held.send(request_text("GET", "/livez"));
  ASSERT_EQ(held.receive().status, 200);
  {
    RawClient second(app.port());
    second.send(request_text("GET", "/livez"));
    ASSERT_EQ(second.receive().status, 200);
    RawClient third(app.port());
    EXPECT_EQ(third.receive().status, 429);
  }
  held.send(request_text("GET", "/metrics"));
  const Exposition metrics = read_exposition(held.receive().body);
  EXPECT_EQ(value_of(metrics, "waypost_http_connections_cut_total", {{"reason", "address"}}), 1);
  EXPECT_EQ(value_of(metrics, "waypost_http_connections_cut_total", {{"reason", "total"}}), 0);
}

}  // namespace
}  // namespace waypost::test
