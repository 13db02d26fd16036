#include <gmock/gmock.h>

#include "support/app_fixture.hpp"

// §8: whether the service lives, and whether it can work.
namespace waypost::test {
namespace {

class Health : public SharedApp<Health> {};

TEST_F(Health, IsAliveAndReadyOnceItServes) {
  for (const auto* const path : {"/healthz", "/livez"}) {
    const auto health = app().get(path);
    EXPECT_EQ(health.status, 200);
    EXPECT_EQ(json_of(health), (Json{{"status", "ok"}}));
  }
  const auto ready = app().get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(json_of(ready),
            (Json{{"status", "ready"},
                  {"checks", {{"store", "ok"}, {"disk", "ok"}, {"gazetteer", "ok"}, {"draining", "ok"}}}}));
}

TEST_F(Health, TellsOfEachCheckWhenItIsAskedTo) {
  for (const auto* const query : {"?verbose", "?verbose=true", "?verbose=1"}) {
    const Json body = json_of(app().get(std::string("/readyz") + query));
    EXPECT_EQ(body.at("status"), "ready");
    for (const auto* const check : {"store", "disk", "gazetteer", "draining"})
      EXPECT_EQ(body.at("checks").at(check), (Json{{"status", "ok"}})) << query;
  }
}

TEST_F(Health, IsPlainTextForWhoeverPrefersIt) {
  const Headers text{{"Accept", "text/plain"}};
  for (const auto* const path : {"/healthz", "/livez", "/readyz"}) {
    const auto response = app().get(path, text);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "ok\n") << path;
    EXPECT_EQ(response.field("content-type"), "text/plain; charset=utf-8");
  }
  EXPECT_EQ(app().get("/readyz?verbose", text).body,
            "[+]store ok\n[+]disk ok\n[+]gazetteer ok\n[+]draining ok\nreadyz check passed\n");
  for (const auto* const accept : {"*/*", "image/png", "text/*;q=0.1, application/json"})
    EXPECT_EQ(app().get("/livez", {{"Accept", accept}}).field("content-type"), "application/json") << accept;
}

TEST_F(Health, RefusesParametersThatItDoesNotKnow) {
  using testing::ElementsAre;
  EXPECT_THAT(faults_of(expect_problem(app().get("/readyz?exclude=store"), 400, "invalid_parameter")),
              ElementsAre("unknown_parameter @ exclude"));
  EXPECT_THAT(faults_of(expect_problem(app().get("/readyz?verbose=loud"), 400, "invalid_parameter")),
              ElementsAre("invalid @ verbose"));
  EXPECT_THAT(faults_of(expect_problem(app().get("/readyz?verbose&verbose"), 400, "invalid_parameter")),
              ElementsAre("repeated @ verbose"));
  for (const auto* const path : {"/livez?verbose", "/healthz?x=1", "/metrics?name[]=up"})
    expect_problem(app().get(path), 400, "invalid_parameter");
}

}  // namespace
}  // namespace waypost::test
