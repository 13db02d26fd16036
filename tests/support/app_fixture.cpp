#include "support/app_fixture.hpp"

#include <algorithm>
#include <stdexcept>

#include "app/application.hpp"
#include "support/api_contract.hpp"

namespace waypost::test {

std::string request_text(std::string_view method, std::string_view target, const Headers& headers,
                         std::string_view body) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty() || method == "POST")
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

Json json_of(const RawResponse& response) {
  if (!Json::accept(response.body))
    throw std::runtime_error("not JSON: status " + std::to_string(response.status) + ", body '" +
                             response.body + "'");
  return Json::parse(response.body);
}

RunningApp::RunningApp(const Adjust& adjust)
    : adjust_(adjust), app_(std::make_unique<app::Application>(make_config(), system_clock_, app::Reread())) {
  start();
}

RunningApp::RunningApp(ManualClock& clock, const Adjust& adjust)
    : adjust_(adjust),
      manual_clock_(&clock),
      app_(std::make_unique<app::Application>(make_config(), clock, app::Reread())) {
  start();
}

app::Config RunningApp::make_config() const {
  app::Config config;
  config.data_dir = folder_.path();
  config.server.listen.port = 0;
  config.server.io_threads = 2;
  config.server.shutdown = std::chrono::seconds(1);
  config.workers.threads = 2;
  config.store.synchronous = app::Synchronous::normal;  // no test here pulls the plug
  config.egress.allow = {"127.0.0.1/32"};
  config.log.level = log::Level::off;
  if (adjust_) adjust_(config);
  return config;
}

void RunningApp::start_again() {
  app_ = std::make_unique<app::Application>(make_config(), system_clock_, app::Reread());
  start();
}

void RunningApp::start() {
  if (const auto gazetteer = geo::Catalog::folder(folder_.path()); !std::filesystem::exists(gazetteer))
    std::filesystem::create_directory_symlink(geo::Catalog::folder(default_data_directory()), gazetteer);
  if (const auto started = app_->start(); !started) throw std::runtime_error(started.error().message);
  port_ = app_->address().port;
  status_ = std::async(std::launch::async, [this] { return app_->run(); });
}

RunningApp::~RunningApp() {
  if (!status_.valid()) return;
  stop();
  join();
}

void RunningApp::stop() {
  app_->stop();
}

int RunningApp::join() {
  if (manual_clock_ != nullptr)
    while (status_.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
      manual_clock_->advance(Milliseconds{20});
  const int status = status_.get();
  app_.reset();
  return status;
}

RawResponse RunningApp::call(std::string_view method, std::string_view target, const Headers& headers,
                             std::string_view body) const {
  RawClient client(port());
  client.send(request_text(method, target, headers, body));
  auto response = client.receive(method == "HEAD");
  const auto faults = ApiContract::ours().faults(method, target, response);
  EXPECT_TRUE(faults.empty()) << method << " " << target << " answered other than /openapi.json says:\n"
                              << testing::PrintToString(faults) << "\n"
                              << response.body.substr(0, 1000);
  return response;
}

RawResponse RunningApp::post(std::string_view target, std::string_view body, Headers headers) const {
  headers.emplace_back("Content-Type", "application/json");
  return call("POST", target, headers, body);
}

RawResponse RunningApp::post_csv(std::string_view target, std::string_view body, Headers headers) const {
  headers.emplace_back("Content-Type", "text/csv");
  return call("POST", target, headers, body);
}

std::string RunningApp::submit(const Json& job) const {
  const auto response = post("/v1/jobs", job.dump());
  if (response.status != 202) throw std::runtime_error("refused: " + response.body);
  return json_of(response).at("id");
}

Json RunningApp::job(const std::string& id) const {
  return json_of(get("/v1/jobs/" + id));
}

Json RunningApp::until(const std::string& id, const std::function<bool(const Json&)>& holds) const {
  auto response = get("/v1/jobs/" + id);
  while (response.status == 200) {
    const Json job = json_of(response);
    if (holds(job)) return job;
    const std::string known = response.field("etag");
    response = get("/v1/jobs/" + id + "?wait=15", {{"If-None-Match", known}});
    if (response.status != 200) throw std::runtime_error("it stays like this: " + job.dump());
  }
  throw std::runtime_error("status " + std::to_string(response.status) + ": " + response.body);
}

Json RunningApp::until_state(const std::string& id, std::string_view state) const {
  return until(id, [state](const Json& job) { return job.at("state") == state; });
}

Json RunningApp::ended(const std::string& id) const {
  return until(id, [](const Json& job) {
    const auto state = job.at("state").get<std::string>();
    return state == "succeeded" || state == "partial" || state == "failed" || state == "cancelled";
  });
}

Json expect_problem(const RawResponse& response, int status, std::string_view code) {
  EXPECT_EQ(response.status, status) << response.body;
  EXPECT_EQ(response.field("content-type"), "application/problem+json");
  if (!Json::accept(response.body)) {
    ADD_FAILURE() << "no JSON: " << response.body;
    return Json::object();
  }
  Json problem = Json::parse(response.body);
  std::string slug(code);
  std::ranges::replace(slug, '_', '-');
  EXPECT_EQ(problem.value("type", ""), "https://waypost.dev/problems/" + slug);
  EXPECT_EQ(problem.value("code", ""), code) << response.body;
  EXPECT_EQ(problem.value("status", 0), status);
  EXPECT_FALSE(problem.value("title", "").empty());
  EXPECT_FALSE(problem.value("detail", "").empty());
  EXPECT_EQ(problem.value("request_id", ""), response.field("x-request-id"));
  return problem;
}

std::vector<std::string> faults_of(const Json& problem) {
  std::vector<std::string> faults;
  for (const auto& fault : problem.value("errors", Json::array())) {
    EXPECT_NE(fault.contains("pointer"), fault.contains("parameter")) << fault;
    EXPECT_FALSE(fault.value("detail", "").empty()) << fault;
    faults.push_back(fault.value("code", "") + " @ " + fault.value("pointer", fault.value("parameter", "")));
  }
  std::ranges::sort(faults);
  return faults;
}

}  // namespace waypost::test
