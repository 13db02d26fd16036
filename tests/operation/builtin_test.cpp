#include "waypost/operation/builtin.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "waypost/base/clock.hpp"

namespace waypost::operation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Fault> check(const Operation& operation, std::string_view payload) {
  const auto document = json::Document::parse(payload);
  EXPECT_TRUE(document) << payload;
  std::vector<Fault> faults;
  operation.check(document->root(), "/payload", faults);
  return faults;
}

std::vector<std::string> codes(const Operation& operation, std::string_view payload) {
  std::vector<std::string> shown;
  for (const Fault& fault : check(operation, payload))
    shown.push_back(fault.pointer.value_or("") + " " + fault.code);
  return shown;
}

TEST(Registry, FindsByTypeAndListsInOrder) {
  Registry registry;
  registry.add(make_sleep());
  registry.add(make_echo());
  EXPECT_EQ(registry.find("echo")->type(), "echo");
  EXPECT_EQ(registry.find("nothing"), nullptr);
  const auto all = registry.all();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]->type(), "echo");
  EXPECT_EQ(all[1]->type(), "sleep");
  EXPECT_THROW(registry.add(make_echo()), std::logic_error);
}

TEST(Registry, PrefersTheBuiltInThenTheConfiguredThenTheDefined) {
  Registry registry;
  const auto defined = Registry::Pointer(make_sleep()), configured = Registry::Pointer(make_sleep());
  registry.put(defined);
  EXPECT_EQ(registry.find("sleep"), defined);
  EXPECT_FALSE(registry.is_fixed("sleep"));
  registry.configure({configured});
  EXPECT_EQ(registry.find("sleep"), configured);
  EXPECT_TRUE(registry.is_fixed("sleep"));
  EXPECT_EQ(registry.all().size(), 1U);
  registry.configure({});
  EXPECT_EQ(registry.find("sleep"), defined) << "it was only hidden";
  registry.remove("sleep");
  EXPECT_EQ(registry.find("sleep"), nullptr);
  EXPECT_TRUE(registry.all().empty());
  registry.add(make_sleep());
  registry.put(defined);
  registry.configure({configured});
  EXPECT_NE(registry.find("sleep"), defined);
  EXPECT_NE(registry.find("sleep"), configured);
}

TEST(Echo, ReturnsItsPayloadByteForByte) {
  const auto echo = make_echo();
  constexpr std::string_view kPayload = "{ \"n\": 12345678901234567890,\n \"x\":1.50 }";
  EXPECT_THAT(codes(*echo, "[1]"), IsEmpty());
  const Outcome outcome = dynamic_cast<ComputeOperation&>(*echo).run({.payload = kPayload}, Cancellation());
  EXPECT_EQ(std::get<Success>(outcome).body, kPayload);
}

TEST(Sleep, TakesSecondsOfAtMostADay) {
  const auto sleep = make_sleep();
  for (const char* fine : {R"({"seconds":0})", R"({"seconds":0.25})", R"({"seconds":86400})"}) {
    EXPECT_THAT(codes(*sleep, fine), IsEmpty()) << fine;
  }
  EXPECT_THAT(codes(*sleep, "{}"), ElementsAre("/payload/seconds required"));
  EXPECT_THAT(codes(*sleep, R"({"seconds":-1})"), ElementsAre("/payload/seconds out_of_range"));
  EXPECT_THAT(codes(*sleep, R"({"seconds":86400.1})"), ElementsAre("/payload/seconds out_of_range"));
  EXPECT_THAT(codes(*sleep, R"({"seconds":"1","minutes":2})"),
              ElementsAre("/payload/seconds wrong_type", "/payload/minutes unknown_field"));
  EXPECT_THAT(codes(*sleep, "[]"), ElementsAre("/payload wrong_type"));
}

// A context with a client, on which one operation runs at a time.
class Bench {
 public:
  Bench() : policy_(*net::EgressPolicy::make({}, {}, false)), client_(context_, policy_, {}) {}
  Outcome run(const Operation& operation, const Task& task, net::Abort& abort) {
    std::optional<Outcome> outcome;
    const auto attempt = [&]() -> asio::awaitable<void> {
      outcome =
          co_await dynamic_cast<const WaitingOperation&>(operation).run(task, {context_, client_}, abort);
      client_.close_idle();
    };
    asio::co_spawn(context_, attempt, asio::detached);
    context_.restart();
    context_.run();
    return outcome.value();
  }
  asio::io_context& context() { return context_; }
  const net::EgressPolicy& policy() const { return policy_; }

 private:
  asio::io_context context_;
  net::EgressPolicy policy_;
  net::Client client_;
};

TEST(Sleep, ReturnsHowLongItSlept) {
  Bench bench;
  net::Abort abort;
  const auto started = std::chrono::steady_clock::now();
  const Outcome outcome = bench.run(*make_sleep(), {.payload = R"({"seconds":0.02})"}, abort);
  EXPECT_GE(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(20));
  ASSERT_TRUE(std::holds_alternative<Success>(outcome));
  EXPECT_EQ(std::get<Success>(outcome).body, R"({"seconds":0.02})");
}

TEST(Sleep, EndsAtOnceWhenAborted) {
  Bench bench;
  net::Abort abort;
  asio::post(bench.context(), [&] { abort.request(); });
  const Outcome during = bench.run(*make_sleep(), {.payload = R"({"seconds":50})"}, abort);
  EXPECT_EQ(std::get<Failure>(during).code, "aborted");
  const Outcome before = bench.run(*make_sleep(), {.payload = R"({"seconds":50})"}, abort);
  EXPECT_EQ(std::get<Failure>(before).code, "aborted") << "also when asked for before it began";
}

TEST(Sleep, EndsWithItsAttemptsTime) {
  Bench bench;
  net::Abort abort;
  const Outcome outcome = bench.run(
      *make_sleep(), {.payload = R"({"seconds":50})", .timeout = std::chrono::milliseconds(1)}, abort);
  EXPECT_EQ(std::get<Failure>(outcome).code, "timed_out");
}

class HttpCheck : public ::testing::Test {
 protected:
  net::EgressPolicy policy_ = *net::EgressPolicy::make({}, {}, false);
  SystemClock clock_;
  std::unique_ptr<Operation> http_ = make_http(policy_, clock_);
};

TEST_F(HttpCheck, AcceptsAUrlAloneAndEveryFieldTogether) {
  EXPECT_THAT(codes(*http_, R"({"url":"https://example.com/x"})"), IsEmpty());
  EXPECT_THAT(codes(*http_, R"({"method":"PUT","url":"http://example.com","headers":{"X-A":"1"},"body":[1],
                               "expect_status":[200,404]})"),
              IsEmpty());
}

TEST_F(HttpCheck, NotesEveryFaultWhereItStands) {
  EXPECT_THAT(codes(*http_, R"({"method":"get","headers":{"X":1},"expect_status":[99,"x"],"verb":1})"),
              ElementsAre("/payload/method not_allowed", "/payload/url required",
                          "/payload/headers/X wrong_type", "/payload/expect_status/0 out_of_range",
                          "/payload/expect_status/1 wrong_type", "/payload/verb unknown_field"));
  EXPECT_THAT(codes(*http_, R"({"url":"https://example.com","expect_status":[]})"),
              ElementsAre("/payload/expect_status too_short"));
}

TEST_F(HttpCheck, RefusesHeadersThatBelongToTheConnection) {
  for (const std::string name : {"Host", "content-length", "Connection", "Transfer-Encoding", "TE", "Upgrade",
                                 "Keep-Alive", "Proxy-Connection", "Trailer", "Expect"}) {
    EXPECT_THAT(codes(*http_, R"({"url":"https://example.com","headers":{")" + name + R"(":"x"}})"),
                ElementsAre("/payload/headers/" + name + " not_allowed"));
  }
}

TEST_F(HttpCheck, RefusesHeadersThatWouldBreakTheMessage) {
  EXPECT_THAT(
      codes(*http_, R"({"url":"https://example.com","headers":{"X":"a\r\nY: b","a b":"c","":"d","é":"e"}})"),
      ElementsAre("/payload/headers/X malformed", "/payload/headers/a b malformed",
                  "/payload/headers/ malformed", "/payload/headers/é malformed"));
}

TEST_F(HttpCheck, TellsAForbiddenAddressFromAMalformedUrl) {
  EXPECT_THAT(codes(*http_, R"({"url":"http://169.254.169.254/latest"})"),
              ElementsAre("/payload/url egress_forbidden"));
  EXPECT_THAT(codes(*http_, R"({"url":"http://10.0.0.1/"})"), ElementsAre("/payload/url egress_forbidden"));
  EXPECT_THAT(codes(*http_, R"({"url":"ftp://example.com/"})"), ElementsAre("/payload/url malformed"));
  EXPECT_THAT(codes(*http_, R"({"url":"http://user:secret@example.com/"})"),
              ElementsAre("/payload/url malformed"));
}

TEST_F(HttpCheck, IsNotRetriedWhenItsAddressIsForbidden) {
  Bench bench;
  net::Abort abort;
  const Outcome outcome = bench.run(*http_, {.payload = R"({"url":"http://127.0.0.1:1/"})"}, abort);
  EXPECT_EQ(std::get<Failure>(outcome).code, "egress_forbidden");
  EXPECT_FALSE(std::get<Failure>(outcome).retry);
}

TEST(Operations, DescribeThemselvesInASchemaThatNamesWhatTheyCheck) {
  const net::EgressPolicy policy = *net::EgressPolicy::make({}, {}, false);
  const SystemClock clock;
  const auto http = make_http(policy, clock);
  const auto document = json::Document::parse(http->schema());
  ASSERT_TRUE(document) << http->schema();
  EXPECT_EQ(document->root().find("$schema")->string(), "https://json-schema.org/draft/2020-12/schema");
  std::vector<std::string> names;
  for (const json::Value property : document->root().find("properties")->children())
    names.emplace_back(property.key());
  EXPECT_THAT(names, ElementsAre("method", "url", "headers", "body", "expect_status"));
  EXPECT_EQ(document->root().find("required")->raw(), R"(["url"])");
  EXPECT_FALSE(document->root().find("additionalProperties")->boolean());
  EXPECT_THAT(http->schema(),
              HasSubstr(R"("expect_status":{"type":"array","items":{"type":"integer","minimum":200,)"
                        R"("maximum":599},"minItems":1,"maxItems":100)"));
  for (const auto& operation : {make_echo(), make_sleep()})
    EXPECT_TRUE(json::Document::parse(operation->schema()));
}

}  // namespace
}  // namespace waypost::operation
