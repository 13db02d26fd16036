#include "api/openapi.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>

#include "api/router.hpp"
#include "support/api_contract.hpp"
#include "support/app_fixture.hpp"
#include "support/gzip.hpp"
#include "support/paths.hpp"
#include "support/sink.hpp"
#include "waypost/base/text.hpp"
#include "waypost/job/state.hpp"
#include "waypost/store/webhook_store.hpp"

namespace waypost::test {
namespace {

using Names = std::set<std::string>;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Json& description() {
  return ApiContract::ours().document();
}

/// One described operation.
struct Operation {
  std::string method, path;
  const Json* item = nullptr;  ///< of the path
  const Json& get() const { return item->at(text::lower_ascii(method)); }

  std::vector<Json> parameters() const {
    std::vector<Json> all;
    for (const Json* place : {item, &get()})
      for (const auto& parameter : place->value("parameters", Json::array()))
        all.push_back(ApiContract::ours().resolved(parameter));
    return all;
  }
  /// The content of the request's body by media type.
  Json contents() const {
    if (!get().contains("requestBody")) return Json::object();
    return ApiContract::ours().resolved(get().at("requestBody")).at("content");
  }
};

std::vector<Operation> operations() {
  std::vector<Operation> all;
  for (const auto& [path, item] : description().at("paths").items())
    for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
      if (item.contains(text::lower_ascii(method))) all.push_back({method, path, &item});
  return all;
}

/// The properties of an object's schema, those of its parts among them.
Json properties_of(const Json& schema) {
  const Json& resolved = ApiContract::ours().resolved(schema);
  Json all = resolved.value("properties", Json::object());
  for (const auto& part : resolved.value("allOf", Json::array())) all.update(properties_of(part));
  return all;
}

Names names_in(const Json& object) {
  Names names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

/// The names that a fault lists: "…; there are a, b and c".
Names listed(const std::string& detail) {
  Names names;
  const auto begin = detail.find("; there ");
  if (begin == std::string::npos) {
    ADD_FAILURE() << "it lists no names: " << detail;
    return names;
  }
  std::string list = detail.substr(begin + 8);
  list = std::regex_replace(list, std::regex("^(are none|are|is only)"), "");
  list = std::regex_replace(list, std::regex(" and "), ", ");
  for (const auto name : text::split(list, ','))
    if (const auto trimmed = text::trim(name); !trimmed.empty()) names.emplace(trimmed);
  return names;
}

constexpr std::string_view unheard_of = "zz9-unheard-of";

class Openapi : public SharedApp<Openapi> {
 public:
  // The examples make API keys, which must not lock the others out.
  static void configure(app::Config& config) { config.auth.mode = app::AuthMode::none; }
  static void SetUpTestSuite() {
    SharedApp::SetUpTestSuite();
    sink_ = std::make_unique<Sink>();
    ids_["/v1/jobs/"] = app().submit({{"type", "echo"}});
    app().ended(ids_["/v1/jobs/"]);
    ids_["/v1/manifests/"] = json_of(app().post_csv("/v1/manifests", "address\nToledo\n")).at("id");
    const Json endpoint = {{"url", sink_->url()}, {"events", {"job.paused"}}};
    ids_["/v1/webhook-endpoints/"] = json_of(app().post("/v1/webhook-endpoints", endpoint.dump())).at("id");
    const auto test = app().post("/v1/webhook-endpoints/" + ids_["/v1/webhook-endpoints/"] + "/test");
    ids_["/v1/deliveries/"] = json_of(test).at("id");
  }
  static void TearDownTestSuite() {
    SharedApp::TearDownTestSuite();
    sink_.reset();
    ids_.clear();
  }

 protected:
  /// The path with what exists for its {…}, where anything does, else with the description's example.
  static std::string path_of(const Operation& operation) {
    std::string path = operation.path;
    for (const auto& parameter : operation.parameters()) {
      if (parameter.at("in") != "path") continue;
      const std::string place = "{" + parameter.at("name").get<std::string>() + "}";
      const auto at = path.find(place);
      const auto known = ids_.find(path.substr(0, at));
      path.replace(at, place.size(), known != ids_.end() ? known->second : text_of(parameter.at("example")));
    }
    return path;
  }

  /// The same, with a job of its own where only one in some state can be steered so.
  static std::string path_for(const Operation& operation) {
    constexpr std::string_view job = "/v1/jobs/{id}";
    if (!operation.path.starts_with(job)) return path_of(operation);
    const std::string action = operation.path.substr(job.size());
    Json wanted = {{"type", "echo"}};
    if (action == "/confirm")
      wanted["confirmation_required"] = true;
    else
      wanted["delay_seconds"] = 3600;
    const std::string path = "/v1/jobs/" + app().submit(wanted);
    if (action == "/resume") EXPECT_EQ(app().post(path + "/pause").status, 200);
    if (action == "/retry") EXPECT_EQ(app().post(path + "/cancel").status, 200);
    return path + action;
  }

  static std::string text_of(const Json& example) {
    if (example.is_string()) return example;
    if (!example.is_array()) return example.dump();
    std::string list;
    for (const auto& one : example) list += (list.empty() ? "" : ",") + text_of(one);
    return list;
  }

  /// One query parameter with its example, as its style has it.
  static std::string pair_of(const Json& parameter) {
    const Json& example = parameter.at("example");
    if (!example.is_object())
      return parameter.at("name").get<std::string>() + "=" + text::percent_encode(text_of(example));
    std::string pairs;
    for (const auto& [name, value] : example.items())
      pairs += (pairs.empty() ? "" : "&") + name + "=" + text::percent_encode(text_of(value));
    return pairs;
  }

  /// The fault about `place` in a refusal; null when there is none.
  static Json fault_about(const RawResponse& response, const std::string& place) {
    const Json problem = Json::parse(response.body, nullptr, false);
    if (!problem.is_object()) return nullptr;
    for (const auto& fault : problem.value("errors", Json::array()))
      if (fault.value("parameter", fault.value("pointer", "")) == place) return fault;
    return nullptr;
  }

  static inline std::unique_ptr<Sink> sink_;
  static inline std::map<std::string, std::string> ids_;
};

TEST_F(Openapi, DescribesEveryRouteAndNothingElse) {
  Names described, served;
  for (const auto& operation : operations()) described.insert(operation.method + " " + operation.path);
  for (const auto& route : api::routes())
    if (!route.path.ends_with('/')) served.insert(std::string(route.method) + " " + std::string(route.path));
  EXPECT_EQ(described, served);
}

TEST_F(Openapi, NamesTheScopeOfEveryRoute) {
  for (const auto& operation : operations()) {
    const auto* route = api::match(operation.method, operation.path).route;
    ASSERT_NE(route, nullptr) << operation.path;
    const auto scope = route->needs.scope();
    EXPECT_EQ(operation.get().value("x-required-scope", ""), scope ? auth::to_string(*scope) : "");
    EXPECT_EQ(operation.get().at("security").empty(), !scope) << operation.path;
  }
}

/// Routes whose query is read leniently: what they take is read out of their source below.
bool is_lenient(const Operation& operation) {
  static const Names lenient{"/maps/api/geocode/json",
                             "/maps/api/geocode/xml",
                             "/search",
                             "/lookup",
                             "/status",
                             "/healthz",
                             "/readyz",
                             "/metrics",
                             "/openapi.json",
                             "/docs",
                             "/docs/docs.js",
                             "/docs/docs.css"};
  return lenient.contains(operation.path);
}

Names described_query(const Operation& operation) {
  Names names;
  for (const auto& parameter : operation.parameters())
    if (parameter.at("in") == "query")
      names.insert(parameter.value("style", "") == "form" && parameter.value("explode", false)
                       ? "tag.NAME"
                       : parameter.at("name").get<std::string>());
  return names;
}

TEST_F(Openapi, DescribesTheQueryParametersThatTheCodeTakesAndNoOthers) {
  for (const auto& operation : operations()) {
    if (is_lenient(operation)) continue;
    SCOPED_TRACE(operation.method + " " + operation.path);
    const std::string target = path_of(operation) + "?" + std::string(unheard_of) + "=1";
    const Headers headers{{"Content-Type", "application/json"}};
    const auto response =
        app().call(operation.method, target, headers, operation.method == "GET" ? "" : "{}");
    const Json fault = fault_about(response, std::string(unheard_of));
    ASSERT_FALSE(fault.is_null()) << response.status << " " << response.body;
    Names described = described_query(operation), taken = listed(fault.at("detail"));
    if (operation.path == "/v1/jobs" && operation.method == "POST") described.clear();  // as JSON it has none
    if (operation.path == "/reverse")  // without `format` Photon's, which takes some of them
      std::erase_if(described, [&](const auto& name) { return !taken.contains(name); });
    EXPECT_EQ(described, taken);
  }
}

TEST_F(Openapi, DescribesTheFieldsThatABatchTakesInItsQuery) {
  const auto response = app().post_csv("/v1/jobs?type=echo&" + std::string(unheard_of) + "=1", "a\n1\n");
  const Json fault = fault_about(response, std::string(unheard_of));
  ASSERT_FALSE(fault.is_null()) << response.body;
  Names described;
  const auto& post = description().at("paths").at("/v1/jobs");
  for (const auto& parameter : Operation{"POST", "/v1/jobs", &post}.parameters()) {
    if (parameter.at("in") != "query") continue;
    const auto name = parameter.at("name").get<std::string>();
    described.insert(name == "tags" ? "tag" : name.substr(0, name.find('.')));
    if (!name.contains('.') || name == "map") continue;
    // Of a group the member too has to be one that is known.
    const auto answer = app().post_csv("/v1/jobs?type=echo&" + name + "=", "a\n1\n");
    const Json known = fault_about(answer, name);
    EXPECT_TRUE(known.is_null() || known.at("code") != "unknown_field") << name << ": " << known;
  }
  EXPECT_EQ(described, listed(fault.at("detail")));
}

/// The names that a source file asks its query for.
Names asked_for(const std::string& file) {
  std::ifstream stream(project_file("src/geo/") + file);
  const std::string source((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_THAT(source, Not(IsEmpty())) << file;
  const std::regex call(R"((?:first_value|has|text|number|flag)\((?:parameters, )?"([A-Za-z_-]+)\")");
  Names names;
  for (auto it = std::sregex_iterator(source.begin(), source.end(), call); it != std::sregex_iterator(); ++it)
    names.insert((*it)[1].str());
  return names;
}

Names described_of(std::initializer_list<const char*> paths) {
  Names names;
  for (const std::string path : paths)
    names.merge(described_query({"GET", path, &description().at("paths").at(path)}));
  return names;
}

TEST_F(Openapi, DescribesWhatGooglesRoutesAskTheirQueryFor) {
  EXPECT_EQ(described_of({"/maps/api/geocode/json"}), asked_for("google_query.cpp"));
  EXPECT_EQ(described_of({"/maps/api/geocode/xml"}), asked_for("google_query.cpp"));
}

TEST_F(Openapi, DescribesWhatNominatimsRoutesAskTheirQueryFor) {
  Names described = described_of({"/search", "/lookup", "/reverse"});
  Names photon = asked_for("photon.cpp");
  photon.merge(Names{"layer", "osm_tag"});
  const Names nominatim = asked_for("nominatim_query.cpp");
  for (const auto& name : nominatim) EXPECT_TRUE(described.contains(name)) << name;
  for (const auto& name : described) EXPECT_TRUE(nominatim.contains(name) || photon.contains(name)) << name;
}

/// Compares the members that the code knows of an object with those described, and so of objects within it.
void compare_members(const RunningApp& app, const Operation& operation, const std::string& target,
                     const Json& schema, const std::vector<std::string>& steps) {
  Json body = {{std::string(unheard_of), 1}};
  std::string pointer = "/" + std::string(unheard_of);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    body = {{*step, body}};
    pointer = "/" + *step + pointer;
  }
  const auto response =
      app.call(operation.method, target, {{"Content-Type", "application/json"}}, body.dump());
  const Json problem = Json::parse(response.body, nullptr, false);
  ASSERT_TRUE(problem.is_object()) << response.body;
  std::string detail;
  for (const auto& fault : problem.value("errors", Json::array()))
    if (fault.value("pointer", "") == pointer) detail = fault.at("detail");
  SCOPED_TRACE(operation.method + " " + operation.path + " " + pointer + ": " + response.body);
  const Json properties = properties_of(schema);
  EXPECT_EQ(names_in(properties), listed(detail));
  for (const auto& [name, property] : properties.items()) {
    if (properties_of(property).empty()) continue;
    auto deeper = steps;
    deeper.push_back(name);
    compare_members(app, operation, target, property, deeper);
  }
}

TEST_F(Openapi, DescribesTheFieldsOfBodiesThatTheCodeTakesAndNoOthers) {
  std::size_t compared = 0;
  for (const auto& operation : operations()) {
    const Json contents = operation.contents();
    if (!contents.contains("application/json")) continue;
    ++compared;
    compare_members(app(), operation, path_of(operation), contents.at("application/json").at("schema"), {});
  }
  EXPECT_GT(compared, 15U);
}

TEST_F(Openapi, EveryExampleOfAParameterIsTaken) {
  for (const auto& operation : operations()) {
    if (operation.method != "GET") continue;
    std::string required;
    for (const auto& parameter : operation.parameters())
      if (parameter.at("in") == "query" && parameter.value("required", false))
        required += "&" + pair_of(parameter);
    if (operation.path == "/v1/geocode" || operation.path == "/search") required = "&q=Toledo";
    for (const auto& parameter : operation.parameters()) {
      const std::string name = parameter.at("name");
      if (!parameter.contains("example") || parameter.at("in") == "path") continue;
      std::string query = required;
      if (parameter.at("in") == "query" && !required.contains("&" + name + "="))
        query += "&" + pair_of(parameter);
      if (operation.path == "/api" && name == "lat") query += "&lon=1";
      if (operation.path == "/api" && name == "lon") query += "&lat=1";
      static const Names of_nominatim{"addressdetails", "namedetails", "extratags", "accept-language"};
      if (operation.path == "/reverse" && of_nominatim.contains(name)) query += "&format=jsonv2";
      if (operation.path.starts_with("/maps/") && !query.starts_with("&components"))
        query += "&address=Toledo";
      Headers headers;
      if (parameter.at("in") == "header") headers.emplace_back(name, text_of(parameter.at("example")));
      const auto response =
          app().get(path_of(operation) + (query.empty() ? "" : "?" + query.substr(1)), headers);
      EXPECT_NE(response.status, 400)
          << operation.path << " " << query << " " << name << ": " << response.body;
    }
  }
}

TEST_F(Openapi, EveryExampleOfABodyIsTakenAndFitsItsSchema) {
  std::size_t sent = 0;
  for (const auto& operation : operations()) {
    for (const auto& [type, content] : operation.contents().items())
      for (const auto& [name, example] : content.value("examples", Json::object()).items()) {
        SCOPED_TRACE(operation.method + " " + operation.path + " " + type + " " + name);
        const Json& value = example.at("value");
        EXPECT_THAT(ApiContract::ours().mismatches(content.at("schema"), value), IsEmpty());
        const std::string body = value.is_string() ? value.get<std::string>() : value.dump();
        const bool is_manifest = operation.path == "/v1/jobs" && type != "application/json";
        const auto response =
            app().call(operation.method, path_for(operation) + (is_manifest ? "?type=geocode" : ""),
                       {{"Content-Type", type}}, body);
        EXPECT_LT(response.status, 300) << response.body;
        ++sent;
      }
  }
  EXPECT_GT(sent, 19U);
}

TEST_F(Openapi, EveryExampleOfASchemaFitsIt) {
  std::size_t checked = 0;
  for (const auto& [name, schema] : description().at("components").at("schemas").items())
    for (const auto& example : schema.value("examples", Json::array())) {
      EXPECT_THAT(ApiContract::ours().mismatches({{"$ref", "#/components/schemas/" + name}}, example),
                  IsEmpty())
          << name;
      ++checked;
    }
  EXPECT_GT(checked, 3U);
}

Names enumeration(const std::string& schema) {
  return description().at("components").at("schemas").at(schema).at("enum").get<Names>();
}

TEST_F(Openapi, ListsTheStatesScopesEventsAndErrorCodesThatTheCodeHas) {
  Names states, codes, events;
  for (std::size_t i = 0; i < job::state_count; ++i)
    states.emplace(job::to_string(static_cast<job::State>(i)));
  EXPECT_EQ(enumeration("JobState"), states);
  for (int i = 0; i <= static_cast<int>(Code::insufficient_storage); ++i)
    codes.emplace(describe(static_cast<Code>(i)).name);
  EXPECT_EQ(enumeration("ProblemCode"), codes);
  const auto scopes = auth::scope_names();
  EXPECT_EQ(enumeration("Scope"), Names(scopes.begin(), scopes.end()));
  for (int i = 0; i <= static_cast<int>(job::Notice::cancelled); ++i)
    events.emplace(job::to_string(static_cast<job::Notice>(i)));
  EXPECT_EQ(enumeration("JobEventType"), events);
  events.emplace(store::WebhookStore::disabled_event);
  EXPECT_EQ(enumeration("EndpointEventType"), events);
  events.emplace("webhook.test");
  EXPECT_EQ(names_in(description().at("webhooks")), events);
}

TEST_F(Openapi, DescribesTheWebhooksThatAreSent) {
  Sink hooks;
  const auto submit = [&](Json job, const char* payload) {
    job["webhook"] = {{"url", hooks.url()},
                      {"events", {"job.started", "job.succeeded", "job.failed", "job.retrying"}},
                      {"payload", payload}};
    app().submit(job);
  };
  submit({{"type", "echo"}, {"payload", {{"n", 7}}}}, "full");
  submit({{"type", "echo"}}, "thin");
  submit({{"type", "http"},
          {"payload", {{"url", "http://127.0.0.1:1/"}}},
          {"max_attempts", 2},
          {"backoff", {{"initial_seconds", 0}}}},
         "full");
  const Json endpoint = {{"url", hooks.url()}};
  const std::string id = json_of(app().post("/v1/webhook-endpoints", endpoint.dump())).at("id");
  app().post("/v1/webhook-endpoints/" + id + "/test");
  Names seen;
  std::size_t received = 0;
  for (const auto& request : hooks.wait_for(9)) {
    ++received;
    const Json body = Json::parse(request.body);
    const Json& hook = description().at("webhooks").at(body.at("type").get<std::string>()).at("post");
    seen.insert(body.at("type"));
    const Json& schema = hook.at("requestBody").at("content").at("application/json").at("schema");
    EXPECT_THAT(ApiContract::ours().mismatches(schema, body), IsEmpty()) << body;
    for (const auto& reference : hook.at("parameters"))
      EXPECT_NE(request.field(ApiContract::ours().resolved(reference).at("name")), "");
  }
  EXPECT_GE(received, 9U);
  EXPECT_TRUE(seen.contains("job.started") && seen.contains("job.succeeded") &&
              seen.contains("job.retrying"));
}

TEST_F(Openapi, IsServedWithAnEntityTagAndCompressed) {
  const auto whole = app().get("/openapi.json");
  EXPECT_EQ(whole.body, api::openapi_document());
  EXPECT_EQ(json_of(whole).at("info").at("version"), WAYPOST_VERSION);
  EXPECT_EQ(app().get("/openapi.json", {{"If-None-Match", whole.field("etag")}}).status, 304);
  const auto small = app().get("/openapi.json", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(gunzip(small.body), whole.body);
}

TEST_F(Openapi, ThePageAsksNobodyButThisServiceForAnything) {
  const auto page = app().get("/docs");
  EXPECT_EQ(page.field("content-type"), "text/html; charset=utf-8");
  const auto policy = page.field("content-security-policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  for (const std::string path : {"/docs", "/docs/docs.js", "/docs/docs.css"}) {
    const auto file = app().get(path);
    EXPECT_EQ(file.status, 200);
    EXPECT_THAT(file.body, Not(HasSubstr("://"))) << path;
    EXPECT_EQ(app().get(path, {{"If-None-Match", file.field("etag")}}).status, 304);
  }
}

RawResponse answer(int status, std::string body, std::multimap<std::string, std::string> fields) {
  RawResponse response;
  response.status = status;
  response.body = std::move(body);
  response.fields = std::move(fields);
  response.complete = true;
  return response;
}

TEST(ApiContract, NoticesWhatIsNotAsDescribed) {
  auto& contract = ApiContract::ours();
  const std::pair<std::string, std::string> json{"content-type", "application/json"}, id{"x-request-id", "1"};
  const auto faults = [&](int status, std::string body, std::multimap<std::string, std::string> fields) {
    return contract.faults("GET", "/healthz?x=1", answer(status, std::move(body), std::move(fields)));
  };
  EXPECT_THAT(faults(200, R"({"status":"ok"})", {json, id}), IsEmpty());
  EXPECT_THAT(faults(200, R"({"status":"ill"})", {json, id}), Not(IsEmpty()));
  EXPECT_THAT(faults(200, R"({"status":"ok","more":1})", {json, id}), Not(IsEmpty()));
  EXPECT_THAT(faults(200, R"({"status":"ok"})", {json}), Not(IsEmpty()));
  EXPECT_THAT(faults(200, R"({"status":"ok"})", {json, id, {"etag", "\"1\""}}), Not(IsEmpty()));
  EXPECT_THAT(faults(200, "ok", {{"content-type", "text/csv"}, id}), Not(IsEmpty()));
  EXPECT_THAT(faults(202, R"({"status":"ok"})", {json, id}), Not(IsEmpty()));
}

}  // namespace
}  // namespace waypost::test
