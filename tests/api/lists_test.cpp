#include <gmock/gmock.h>

#include <set>

#include "support/app_fixture.hpp"
#include "waypost/base/text.hpp"

// §1, lists, and the filters of §3.3.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Lists : public SharedApp<Lists> {
 public:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }

  static Json list(const std::string& query) {
    const auto response = app().get("/v1/jobs?" + query);
    EXPECT_EQ(response.status, 200) << response.body;
    return json_of(response);
  }
  static std::vector<std::string> ids(const Json& page) {
    std::vector<std::string> ids;
    for (const auto& job : page.at("data")) ids.push_back(job.at("id"));
    return ids;
  }
  /// A job that stays queued, marked as this test's own.
  static std::string held(const std::string& test, Json fields = Json::object()) {
    fields["type"] = fields.value("type", "echo");
    fields["queue"] = fields.value("queue", "held");
    fields["tags"]["test"] = test;
    return app().submit(fields);
  }
};

TEST_F(Lists, ShowTheNewestFirstUnlessAskedOtherwise) {
  const auto a = held("order"), b = held("order"), c = held("order");
  EXPECT_THAT(ids(list("tag.test=order")), ElementsAre(c, b, a));
  EXPECT_THAT(ids(list("tag.test=order&order=created_desc")), ElementsAre(c, b, a));
  EXPECT_THAT(ids(list("tag.test=order&order=created_asc")), ElementsAre(a, b, c));
}

TEST_F(Lists, ShowEachJobInFull) {
  const std::string id = held("full");
  EXPECT_EQ(list("tag.test=full").at("data").at(0), app().job(id));
}

TEST_F(Lists, AreReadPageByPageAlongTheirLinks) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) made.push_back(held("pages"));
  std::vector<std::string> seen;
  std::string target = "/v1/jobs?tag.test=pages&limit=2&order=created_asc";
  for (int page = 0; !target.empty(); ++page) {
    ASSERT_LT(page, 3);
    const auto response = app().get(target);
    const Json body = json_of(response);
    for (const auto& id : ids(body)) seen.push_back(id);
    const std::string link = response.field("link");
    target.clear();
    if (body.at("next_cursor").is_null()) {
      EXPECT_TRUE(link.empty());
      continue;
    }
    ASSERT_THAT(link, testing::MatchesRegex("<.*>; rel=\"next\""));
    target = link.substr(1, link.find('>') - 1);
    EXPECT_THAT(target, testing::HasSubstr("cursor=" + body.at("next_cursor").get<std::string>()));
  }
  EXPECT_EQ(seen, made);
}

TEST_F(Lists, StayStableWhileJobsAreAdded) {
  const auto a = held("stable"), b = held("stable"), c = held("stable"), d = held("stable");
  const Json first = list("tag.test=stable&limit=2");
  EXPECT_THAT(ids(first), ElementsAre(d, c));
  const auto later = held("stable");
  const Json second = list("tag.test=stable&limit=2&cursor=" + first.at("next_cursor").get<std::string>());
  EXPECT_THAT(ids(second), ElementsAre(b, a));
  EXPECT_TRUE(second.at("next_cursor").is_null());
}

TEST_F(Lists, HoldAtMost50RowsUnlessAskedForUpTo1000) {
  std::set<std::string> made;
  for (int i = 0; i < 51; ++i) made.insert(held("many"));
  EXPECT_EQ(ids(list("tag.test=many")).size(), 50u);
  EXPECT_EQ(ids(list("tag.test=many&limit=51")).size(), 51u);
  EXPECT_EQ(ids(list("tag.test=many&limit=1000")).size(), 51u);
  EXPECT_EQ(ids(list("tag.test=many&limit=1")).size(), 1u);
}

TEST_F(Lists, RefuseUnusableParametersAndSayWhich) {
  const struct {
    std::string query, parameter;
  } cases[] = {{"limit=0", "limit"},
               {"limit=1001", "limit"},
               {"limit=ten", "limit"},
               {"cursor=x", "cursor"},
               {"state=done", "state"},
               {"state=", "state"},
               {"order=newest", "order"},
               {"created_after=today", "created_after"},
               {"created_before=5", "created_before"},
               {"limit=1&limit=2", "limit"},
               {"queue=", "queue"},
               {"type=", "type"},
               {"type=echo,,sleep", "type"},
               {"tag.=x", "tag."},
               {"tag.a=1&tag.a=2", "tag.a"}};
  for (const auto& [query, parameter] : cases) {
    SCOPED_TRACE(query);
    const Json problem = expect_problem(app().get("/v1/jobs?" + query), 400, "invalid_parameter");
    ASSERT_FALSE(problem.value("errors", Json::array()).empty()) << problem;
    EXPECT_EQ(problem["errors"][0].value("parameter", ""), parameter);
  }
  EXPECT_THAT(faults_of(expect_problem(app().get("/v1/jobs?limit=0&stat=queued"), 400, "invalid_parameter")),
              ElementsAre("malformed @ limit", "unknown_parameter @ stat"));
}

TEST_F(Lists, FilterByState) {
  const auto queued = held("state"), cancelled = held("state");
  const auto scheduled = held("state", {{"delay_seconds", 3600}});
  ASSERT_EQ(app().post("/v1/jobs/" + cancelled + "/cancel").status, 200);
  EXPECT_THAT(ids(list("tag.test=state&state=queued")), ElementsAre(queued));
  EXPECT_THAT(ids(list("tag.test=state&state=cancelled")), ElementsAre(cancelled));
  EXPECT_THAT(ids(list("tag.test=state&state=scheduled,queued")), ElementsAre(scheduled, queued));
  EXPECT_THAT(ids(list("tag.test=state&state=running")), IsEmpty());
}

TEST_F(Lists, FilterByTypeQueueAndTags) {
  const auto echo = held("filter"),
             sleep = held("filter", {{"type", "sleep"}, {"payload", {{"seconds", 1}}}});
  const auto elsewhere = held("filter", {{"queue", "elsewhere"}, {"delay_seconds", 3600}});
  const auto tagged = held("filter", {{"tags", {{"team", "a,b c&d"}}}});
  EXPECT_THAT(ids(list("tag.test=filter&type=sleep")), ElementsAre(sleep));
  EXPECT_THAT(ids(list("tag.test=filter&type=sleep,echo")), ElementsAre(tagged, elsewhere, sleep, echo));
  EXPECT_THAT(ids(list("tag.test=filter&queue=elsewhere")), ElementsAre(elsewhere));
  EXPECT_THAT(ids(list("tag.test=filter&queue=elsewhere,nowhere&state=scheduled&type=echo")),
              ElementsAre(elsewhere));
  EXPECT_THAT(ids(list("tag.test=filter&tag.team=" + text::percent_encode("a,b c&d"))), ElementsAre(tagged));
  EXPECT_THAT(ids(list("tag.test=filter&tag.team=a")), IsEmpty());
}

TEST(ListsAndTime, FilterByTheTimeOfCreation) {
  ManualClock clock;
  clock.advance(std::chrono::days(3650));  // ids never go back in a process, whatever its clock says
  RunningApp app(clock, [](app::Config& config) { config.queues["held"].concurrency = 0; });
  std::vector<std::string> ids, times;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(app.submit({{"type", "echo"}, {"queue", "held"}}));
    times.push_back(to_rfc3339(clock.now()));
    clock.advance(Seconds{10});
  }
  const auto found = [&app](const std::string& query) {
    std::vector<std::string> matching;
    for (const auto& job : json_of(app.get("/v1/jobs?order=created_asc&" + query)).at("data"))
      matching.push_back(job.at("id"));
    return matching;
  };
  EXPECT_THAT(found("created_after=" + times[1]), ElementsAre(ids[1], ids[2]));
  EXPECT_THAT(found("created_before=" + times[1]), ElementsAre(ids[0]));
  EXPECT_THAT(found("created_after=" + times[1] + "&created_before=" + times[2]), ElementsAre(ids[1]));
}

}  // namespace
}  // namespace waypost::test
