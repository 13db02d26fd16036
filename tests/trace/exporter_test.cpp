#include "waypost/trace/exporter.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/sink.hpp"

namespace waypost::trace {
namespace {

using test::Sink;
using Json = nlohmann::json;
using namespace std::chrono_literals;

Span span_named(const std::string& name) {
  return {.context = {.trace_high = 1, .trace_low = 2, .span = 3, .sampled = true}, .name = name};
}

std::vector<std::string> names_in(const Sink::Request& request) {
  std::vector<std::string> names;
  for (const auto& span :
       Json::parse(request.body).at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans"))
    names.push_back(span.at("name"));
  return names;
}

class ExporterTest : public testing::Test {
 protected:
  ExporterOptions options(Sink& sink) {
    return {.collector = {.endpoint = traces_url(sink.url("/otlp")).value()},
            .batch = 3,
            .delay = 20ms,
            .retry_gaps = {1ms, 1ms, 1ms}};
  }
  Tracer tracer_{1};
};

TEST(Otlp, WritesASpanAsTheProtocolHasIt) {
  Span span{.context = {.trace_high = 0x0af7651916cd43dd,
                        .trace_low = 0x8448eb211c80319c,
                        .span = 0x1f,
                        .sampled = true},
            .parent = 0xb7ad6b7169203331,
            .state = "a=1",
            .kind = Span::Kind::server,
            .name = "GET /\xff",
            .begin = Nanoseconds{1'700'000'000'123'456'789},
            .end = Nanoseconds{1'700'000'000'223'456'789},
            .attributes = {{"http.route", "/x"}, {"http.response.status_code", std::int64_t{503}}},
            .error = "Bearer wp_0123456789abcdef0123"};
  const Json body = Json::parse(to_otlp({.service_name = "way", .instance = "i1"}, {span}));
  const Json& resource = body.at("resourceSpans").at(0);
  EXPECT_EQ(resource.at("resource").at("attributes").at(0),
            (Json{{"key", "service.name"}, {"value", {{"stringValue", "way"}}}}));
  const Json& written = resource.at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_EQ(written.at("traceId"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(written.at("spanId"), "000000000000001f");
  EXPECT_EQ(written.at("parentSpanId"), "b7ad6b7169203331");
  EXPECT_EQ(written.at("traceState"), "a=1");
  EXPECT_EQ(written.at("kind"), 2);
  EXPECT_EQ(written.at("name"), "GET /\xef\xbf\xbd") << "JSON is UTF-8";
  EXPECT_EQ(written.at("startTimeUnixNano"), "1700000000123456789");
  EXPECT_EQ(written.at("endTimeUnixNano"), "1700000000223456789");
  EXPECT_EQ(written.at("attributes").at(1),
            (Json{{"key", "http.response.status_code"}, {"value", {{"intValue", "503"}}}}));
  EXPECT_EQ(written.at("status"), (Json{{"code", 2}, {"message", "Bearer [removed]"}}));
}

TEST(Otlp, ARootHasNoParentAndWhatWentWellNoStatus) {
  const Json body = Json::parse(to_otlp({}, {span_named("x")}));
  const Json& span = body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_FALSE(span.contains("parentSpanId"));
  EXPECT_FALSE(span.contains("traceState"));
  EXPECT_EQ(span.at("status"), Json::object());
}

TEST_F(ExporterTest, PostsWhatHasGatheredToV1Traces) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 200}; });
  auto with_key = options(sink);
  with_key.collector.headers = {{"Authorization", "Bearer abc"}};
  Exporter exporter(tracer_, std::move(with_key));
  tracer_.end(span_named("one"));
  const auto request = sink.wait_for(1).front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/otlp/v1/traces");
  EXPECT_EQ(request.field("content-type"), "application/json");
  EXPECT_EQ(request.field("authorization"), "Bearer abc");
  EXPECT_THAT(names_in(request), testing::ElementsAre("one"));
  exporter.stop(1s);
  EXPECT_EQ(tracer_.figures().exported, 1u);
}

TEST_F(ExporterTest, PostsToAnotherCollectorFromTheNextRequestOn) {
  Sink first([](const Sink::Request&) { return Sink::Answer{.status = 200}; });
  Sink second([](const Sink::Request&) { return Sink::Answer{.status = 200}; });
  Exporter exporter(tracer_, options(first));
  tracer_.end(span_named("one"));
  first.wait_for(1);
  exporter.reconfigure({.endpoint = traces_url(second.url("/otlp")).value(), .headers = {{"X-Key", "k"}}});
  tracer_.end(span_named("two"));
  const auto request = second.wait_for(1).front();
  EXPECT_EQ(request.field("x-key"), "k");
  EXPECT_THAT(names_in(request), testing::ElementsAre("two"));
}

TEST_F(ExporterTest, SendsNoMoreInOneRequestThanABatch) {
  for (const auto* const name : {"a", "b", "c", "d"}) tracer_.end(span_named(name));
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 200}; });
  Exporter exporter(tracer_, options(sink));
  const auto requests = sink.wait_for(2);
  EXPECT_THAT(names_in(requests[0]), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(names_in(requests[1]), testing::ElementsAre("d"));
}

TEST_F(ExporterTest, TriesAgainWhatMayYetBeTakenAndGivesUpTheRest) {
  Sink sink([](const Sink::Request& request, std::size_t number) {
    const bool first = request.body.contains("first");
    return Sink::Answer{.status = !first ? 400 : number < 2 ? 503 : 200};
  });
  Exporter exporter(tracer_, options(sink));
  tracer_.end(span_named("first"));
  sink.wait_for(3);
  tracer_.end(span_named("second"));
  const auto requests = sink.wait_for(4);
  EXPECT_EQ(requests[0].body, requests[2].body);
  EXPECT_THAT(names_in(requests[3]), testing::ElementsAre("second"));
  exporter.stop(5s);
  EXPECT_EQ(tracer_.figures().exported, 1u);
  EXPECT_EQ(tracer_.figures().failed, 1u) << "400 is for good";
  EXPECT_EQ(sink.requests().size(), 4u);
}

TEST_F(ExporterTest, ACollectorThatIsNotThereCostsNothingButTheSpans) {
  std::optional<Sink> sink(std::in_place);
  auto gone = options(*sink);
  sink.reset();
  Exporter exporter(tracer_, std::move(gone));
  tracer_.end(span_named("lost"));
  while (tracer_.figures().failed == 0) std::this_thread::yield();
  EXPECT_EQ(tracer_.figures().exported, 0u);
}

TEST_F(ExporterTest, AStopPostsWhatWaitsButNotForLongerThanItMay) {
  Sink sink([](const Sink::Request& request) {
    return Sink::Answer{.status = 200, .hold = request.body.contains("stuck")};
  });
  auto slow = options(sink);
  slow.delay = 1h;
  {
    Exporter exporter(tracer_, slow);
    tracer_.end(span_named("late"));
    exporter.stop(10s);
  }
  EXPECT_EQ(tracer_.figures().exported, 1u);
  Exporter exporter(tracer_, slow);
  tracer_.end(span_named("stuck"));
  exporter.stop(50ms);
  EXPECT_EQ(tracer_.figures().failed, 1u);
}

TEST(TracesUrl, IsTheCollectorsWithItsPathBehindIt) {
  const auto shown = [](std::string_view collector) {
    const auto url = traces_url(collector);
    return url ? url->scheme + "://" + url->authority() + url->target : "none";
  };
  EXPECT_EQ(shown("http://localhost:4318"), "http://localhost:4318/v1/traces");
  EXPECT_EQ(shown("https://collector/otlp/"), "https://collector/otlp/v1/traces");
  EXPECT_EQ(shown("grpc://x"), "none");
  EXPECT_EQ(shown(""), "none");
}

TEST(Headers, AreReadAsTheVariableOfTheSpecificationHasThem) {
  const auto fields = parse_headers("api-key=a%20b, x-tenant=1,");
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 2u);
  EXPECT_EQ(fields->at(0).name, "api-key");
  EXPECT_EQ(fields->at(0).value, "a b");
  EXPECT_EQ(fields->at(1).name, "x-tenant");
  for (const auto* const bad : {"name", "=value", "a=%zz"}) EXPECT_FALSE(parse_headers(bad)) << bad;
}

}  // namespace
}  // namespace waypost::trace
