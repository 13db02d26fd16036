#include "app/config_reload.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "app/config_keys.hpp"
#include "support/paths.hpp"

namespace waypost::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

Config load(std::vector<std::string> set) {
  return load_config({.set = std::move(set)}).value().config;
}

TEST(Reload, TakesWhatCanChangeOverAndNamesTheRest) {
  const auto result =
      reload(load({"log.level=info", "server.io_threads=1"}),
             load({"log.level=debug", "server.io_threads=2", "egress.allow=[\"10.0.0.0/8\"]"}));
  EXPECT_THAT(result.changed, UnorderedElementsAre("log.level", "egress.allow"));
  EXPECT_THAT(result.needs_restart, ElementsAre("server.io_threads"));
  EXPECT_EQ(result.config.log.level, log::Level::debug);
  EXPECT_THAT(result.config.egress.allow, ElementsAre("10.0.0.0/8"));
  EXPECT_EQ(result.config.server.io_threads, 1U) << "stays as it is until a restart";
}

TEST(Reload, ChangesNothingWhenNothingDiffers) {
  const Config config = load({"queues.mail.concurrency=3", "webhooks.retry_seconds=[0, 1]"});
  const auto result = reload(config, config);
  EXPECT_THAT(result.changed, IsEmpty());
  EXPECT_THAT(result.needs_restart, IsEmpty());
}

TEST(Reload, AddsChangesAndForgetsQueues) {
  const auto result = reload(load({"queues.a.concurrency=1", "queues.b.concurrency=1"}),
                             load({"queues.b.concurrency=2", "queues.\"c d\".rate_per_second=3"}));
  EXPECT_THAT(result.changed, UnorderedElementsAre("queues.a.concurrency", "queues.b.concurrency",
                                                   "queues.\"c d\".rate_per_second"));
  EXPECT_EQ(result.config.queues.at("a").concurrency, std::nullopt);
  EXPECT_EQ(result.config.queues.at("b").concurrency, 2U);
  EXPECT_EQ(result.config.queues.at("c d").rate_per_second, 3.0);
}

TEST(Reload, AddsChangesAndForgetsOperations) {
  const auto result = reload(load({"operations.gone.kind=http", "operations.gone.url=http://127.0.0.1:1/",
                                   "operations.kept.kind=http", "operations.kept.url=http://127.0.0.1:1/",
                                   "egress.allow=[\"127.0.0.1\"]"}),
                             load({"operations.kept.kind=http", "operations.kept.url=http://127.0.0.1:2/",
                                   "operations.kept.concurrency=4", "egress.allow=[\"127.0.0.1\"]"}));
  EXPECT_THAT(result.changed, UnorderedElementsAre("operations.gone.kind", "operations.gone.url",
                                                   "operations.kept.url", "operations.kept.concurrency"));
  EXPECT_FALSE(result.config.operations.contains("gone")) << "an operation without a kind is a fault";
  EXPECT_EQ(result.config.operations.at("kept").url, "http://127.0.0.1:2/");
}

TEST(Reload, RollsACertificateButDoesNotTurnTlsOnOrOff) {
  const Config plain = load({});
  const Config first = load({"server.tls.certificate=a.pem", "server.tls.key=a.key"});
  const Config second = load({"server.tls.certificate=b.pem", "server.tls.key=b.key"});
  const auto rolled = reload(first, second);
  EXPECT_EQ(rolled.config.tls.certificate, "b.pem");
  EXPECT_THAT(rolled.needs_restart, IsEmpty());
  const auto on = reload(plain, first);
  EXPECT_EQ(on.config.tls.certificate, std::nullopt);
  EXPECT_THAT(on.needs_restart, UnorderedElementsAre("server.tls.certificate", "server.tls.key"));
  EXPECT_THAT(on.changed, IsEmpty());
}

TEST(Reload, KnowsOnlyKeysThatExist) {
  for (const std::string_view name : reloadable_keys())
    EXPECT_TRUE(std::ranges::any_of(config_keys(), [&](const Key& key) { return key.name == name; })) << name;
}

TEST(Reload, EveryKeyCopiesItsValue) {
  Config changed;
  changed.server.max_connections = 7;
  changed.tls.hsts = 9s;
  changed.queues["NAME"].concurrency = 4;
  changed.operations["TYPE"].url = "http://x/";
  Config copy;
  for (const Key& key : config_keys()) {
    if (!key.supported) continue;
    key.copy(copy, changed, "NAME");
    EXPECT_EQ(key.show(copy, "NAME"), key.show(changed, "NAME")) << key.name;
  }
}

TEST(Reload, WhatNeedsARestartIsListedInTheManual) {
  std::ifstream stream(test::project_file("docs/configuration.md"));
  const std::string manual(std::istreambuf_iterator<char>(stream), {});
  const auto begin = manual.find("## What can change while it runs");
  ASSERT_NE(begin, std::string::npos);
  const std::string list = manual.substr(begin, manual.find("\n## ", begin + 1) - begin);
  for (const Key& key : config_keys()) {
    const bool reloadable = std::ranges::count(reloadable_keys(), std::string_view(key.name)) > 0;
    EXPECT_EQ(list.contains("`" + key.name + "`"), key.supported && !reloadable) << key.name;
  }
}

TEST(Reload, IsDocumentedKeyByKey) {
  std::ifstream stream(test::project_file("docs/network.md"));
  const std::string manual(std::istreambuf_iterator<char>(stream), {});
  const auto begin = manual.find("## What SIGHUP changes");
  ASSERT_NE(begin, std::string::npos);
  for (const std::string_view name : reloadable_keys())
    EXPECT_THAT(manual.substr(begin), HasSubstr("`" + std::string(name) + "`"));
}

}  // namespace
}  // namespace waypost::app
