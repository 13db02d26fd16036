#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "support/http_client.hpp"
#include "support/process.hpp"

namespace waypost::test {
namespace {

/// Makes API keys one after the other until the service is gone; how many were answered is counted.
void make_keys(std::uint16_t port, std::atomic<int>& made) {
  HttpClient client(port);
  while (const auto answer = client.try_send(
             {.method = "POST", .target = "/v1/api-keys", .body = R"({"name":"k","scopes":["lookup"]})"})) {
    ASSERT_EQ(answer->status, 201) << answer->body;
    ++made;
  }
}

/// The `member` of each row of a list, over all its pages.
std::set<std::string> all_of(std::uint16_t port, const std::string& target, const std::string& member) {
  HttpClient client(port);
  std::set<std::string> values;
  std::string cursor;
  do {
    const auto page = client.get(target + cursor);
    const auto document = json::Document::parse(page.body);
    EXPECT_EQ(page.status, 200) << page.body;
    for (const auto row : document->root().find("data")->children())
      values.emplace(row.find(member)->string());
    const auto next = document->root().find("next_cursor");
    cursor = next->is(json::Kind::null) ? "" : "&cursor=" + std::string(next->string());
  } while (!cursor.empty());
  return values;
}

TEST(AuditCrash, NoKillLeavesAChangeWithoutItsEntryOrAnEntryWithoutItsChange) {
  WaypostProcess service({"auth.mode=\"none\""});
  std::atomic<int> made = 0;
  for (int life = 1; life <= 6; ++life) {
    service.start();
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i)
      clients.emplace_back([&made, port = service.port()] { make_keys(port, made); });
    const int wanted = made + 23 * life;
    EXPECT_TRUE(eventually([&] { return made >= wanted; }));
    service.kill();
    for (auto& client : clients) client.join();
  }
  service.start();
  const auto keys = all_of(service.port(), "/v1/api-keys", "id");
  const auto entries = all_of(service.port(), "/v1/audit?action=key.create&limit=1000", "resource");
  EXPECT_EQ(keys, entries);
  EXPECT_GE(keys.size(), static_cast<std::size_t>(made.load()));
}

}  // namespace
}  // namespace waypost::test
