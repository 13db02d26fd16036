#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "program.hpp"
#include "support/http_client.hpp"
#include "support/process.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

using Json = nlohmann::json;
using test::WaypostProcess;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

Outcome waypost(std::vector<std::string> arguments, const std::filesystem::path& data_dir) {
  arguments.insert(arguments.end(), {"--data-dir", data_dir.string()});
  return run_waypost({.arguments = std::move(arguments)});
}

Outcome job_command(const WaypostProcess& service, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(),
                   {"--server", "http://127.0.0.1:" + std::to_string(service.port()), "--json"});
  return run_waypost({.arguments = std::move(arguments)});
}

std::string submit(const WaypostProcess& service, std::vector<std::string> more) {
  more.insert(more.begin(), {"job", "submit"});
  const auto outcome = job_command(service, std::move(more));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.out).at("id");
}

void damage(const std::filesystem::path& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(at);
  stream.put('~');
}

class Backup : public testing::Test {
 protected:
  std::filesystem::path archive() const { return directory_.path() / "backup.tar"; }
  std::filesystem::path restored() const { return directory_.path() / "restored"; }
  std::filesystem::path rows() const { return directory_.write("rows.csv", "number\n1\n2\n3\n"); }

  const TemporaryDirectory directory_;
};

TEST_F(Backup, OfALiveServiceBringsBackJobsManifestsAndReports) {
  WaypostProcess service;
  service.start();
  const auto plain = submit(service, {"echo", R"({"n":7})", "--wait", "30"});
  const auto batch = submit(service, {"echo", "--manifest", rows().string(), "--wait", "30"});
  const auto made = waypost({"backup", archive().string(), "--with-secret-key", "--json"}, service.data());
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.err, IsEmpty());
  EXPECT_EQ(Json::parse(made.out).at("secret_key"), true);
  service.kill();

  const auto outcome = waypost({"restore", archive().string()}, restored());
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(waypost({"verify"}, restored()).status, 0);
  std::filesystem::remove_all(service.data());
  std::filesystem::rename(restored(), service.data());
  service.start();
  const auto job = Json::parse(job_command(service, {"job", "get", plain}).out);
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_EQ(job.at("result"), Json({{"n", 7}}));
  test::HttpClient client(service.port());
  EXPECT_THAT(client.get("/v1/jobs/" + batch + "/report").body, HasSubstr("number,row,status"));
}

TEST_F(Backup, WhileJobsAreSubmittedIsSoundEachTime) {
  WaypostProcess service;
  service.start();
  std::atomic<bool> stop = false;
  std::jthread submitter([&] {
    while (!stop) submit(service, {"echo", "--manifest", rows().string()});
  });
  for (int i = 0; i < 4; ++i) {
    const auto file = directory_.path() / ("live" + std::to_string(i) + ".tar");
    const auto into = directory_.path() / ("live" + std::to_string(i));
    const auto made = waypost({"backup", file.string()}, service.data());
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(waypost({"restore", file.string()}, into).status, 0);
    const auto verdict = waypost({"verify"}, into);
    EXPECT_EQ(verdict.status, 0) << verdict.out << verdict.err;
    const auto live = waypost({"verify"}, service.data());
    EXPECT_EQ(live.status, 0) << live.out << live.err;
  }
  stop = true;
}

TEST_F(Backup, SaysThatTheSecretKeyIsNotInIt) {
  WaypostProcess service;
  service.start();
  const auto made = waypost({"backup", archive().string()}, service.data());
  EXPECT_THAT(made.err, HasSubstr((service.data() / "secret.key").string()));
  const auto outcome = waypost({"restore", archive().string()}, restored());
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr((restored() / "secret.key").string()));
  EXPECT_FALSE(std::filesystem::exists(restored() / "secret.key"));
  for (const auto& entry : std::filesystem::directory_iterator(service.data()))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".backup")) << entry.path();
}

TEST_F(Backup, ReplacesNoFileAndRestoresIntoNoDataDirectoryThatIsInUse) {
  WaypostProcess service;
  service.start();
  ASSERT_EQ(waypost({"backup", archive().string()}, service.data()).status, 0);
  const auto again = waypost({"backup", archive().string()}, service.data());
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
  const auto over = waypost({"restore", archive().string()}, service.data());
  EXPECT_EQ(over.status, 1);
  EXPECT_THAT(over.err, HasSubstr("is not empty"));
}

TEST_F(Backup, ThatIsDamagedLeavesNothingBehind) {
  WaypostProcess service;
  service.start();
  submit(service, {"echo", "{}"});
  ASSERT_EQ(waypost({"backup", archive().string()}, service.data()).status, 0);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(archive()));
  damage(archive(), size / 2);
  const auto outcome = waypost({"restore", archive().string()}, restored());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot be used"));
  EXPECT_TRUE(std::filesystem::is_empty(restored()));
}

TEST_F(Backup, OfNothingFailsWithOneLine) {
  const auto outcome = waypost({"backup", archive().string()}, directory_.path());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("there is nothing to back up"), HasSubstr("waypost.db")));
  EXPECT_FALSE(std::filesystem::exists(archive()));
}

class Verify : public Backup {
 protected:
  void SetUp() override {
    service_.start();
    submit(service_, {"echo", "--manifest", rows().string(), "--wait", "30"});
    service_.signal(SIGTERM);
    service_.wait();
  }
  std::filesystem::path file_in(const std::string& folder, const std::string& extension) {
    for (const auto& entry : std::filesystem::directory_iterator(service_.data() / folder))
      if (entry.path().extension() == extension) return entry.path();
    throw std::runtime_error("no " + extension + " in " + folder);
  }
  Json faults() {
    const auto outcome = waypost({"verify", "--json"}, service_.data());
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    return Json::parse(outcome.out).at("faults");
  }

  WaypostProcess service_;
};

TEST_F(Verify, FindsNothingWhereAllIsSound) {
  const auto outcome = waypost({"verify"}, service_.data());
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_EQ(outcome.out, "sound: 1 jobs, 1 manifests, 1 reports and the gazetteer were read\n");
}

TEST_F(Verify, FindsAManifestOfWhichAByteIsAnother) {
  damage(file_in("manifests", ".data"), 8);
  EXPECT_THAT(faults().at(0).at("detail").get<std::string>(), HasSubstr("its text is not what was stored"));
}

TEST_F(Verify, FindsAReportThatIsTooShort) {
  std::filesystem::resize_file(file_in("reports", ".report"), 3);
  EXPECT_THAT(faults().at(0).at("detail").get<std::string>(), HasSubstr("is shorter than"));
}

TEST_F(Verify, FindsAFileThatIsMissing) {
  std::filesystem::remove(file_in("manifests", ".index"));
  EXPECT_EQ(faults().at(0).at("of"), "manifest");
}

TEST_F(Verify, FindsADamagedDatabase) {
  const auto file = service_.data() / "waypost.db";
  for (std::streamoff page = 2; page < 20; ++page) damage(file, page * 4096 + 3);
  EXPECT_EQ(waypost({"verify"}, service_.data()).status, 1);
}

TEST(Selftest, KeepsALedgerThatFits) {
  const TemporaryDirectory directory;
  const auto outcome = waypost({"selftest", "--jobs", "200", "--kills", "3", "--json"}, directory.path());
  ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  const auto ledger = Json::parse(outcome.out);
  EXPECT_EQ(ledger.at("passed"), true);
  EXPECT_EQ(ledger.at("accepted"), 200);
  EXPECT_EQ(ledger.at("finished"), 200);
  EXPECT_EQ(ledger.at("kills"), 3);
  EXPECT_EQ(ledger.at("webhooks"), 200);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << "it tidies up";
}

}  // namespace
}  // namespace waypost::app
