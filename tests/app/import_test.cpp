#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <future>
#include <thread>

#include "app/program.hpp"
#include "support/http_client.hpp"
#include "support/process.hpp"

// `waypost import`, with the real binary, beside a running service too.
namespace waypost::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string town(std::string_view id, std::string_view name) {
  return std::string(id) + "\t" + std::string(name) +
         "\t\t\t47.5\t13.5\tP\tPPL\tAT\t\t\t\t\t\t3000\t\t\tEurope/Vienna\t\n";
}

class Import : public testing::Test {
 protected:
  Outcome import(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "import");
    arguments.insert(arguments.end(), {"--data-dir", data().string()});
    return run_waypost({.arguments = std::move(arguments)});
  }
  std::string file(const std::string& name, std::string_view content) const {
    return folder_.write(name, content).string();
  }
  std::filesystem::path data() const { return folder_.path() / "data"; }

  TemporaryDirectory folder_;
};

TEST_F(Import, TellsWhatItKeptAndWhatItSkipped) {
  const auto done =
      import({"geonames", file("AT.txt", town("1", "Oberdorf") + "no row\n"), "--name", "austria"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("austria: kept 1 of 2 rows"), HasSubstr("skipped 1: not 19 columns (AT.txt:2)"),
                    HasSubstr("the gazetteer holds")));
  EXPECT_EQ(done.err, "") << "a progress bar is for terminals";
}

TEST_F(Import, TellsItToMachines) {
  const auto done = import({"geonames", file("AT.txt", town("1", "Oberdorf") + "no row\n"), "--json"});
  EXPECT_EQ(done.status, 0) << done.err;
  const auto document = json::Document::parse(std::string_view(done.out).substr(0, done.out.size() - 1));
  ASSERT_TRUE(document) << done.out;
  const auto root = document->root();
  EXPECT_EQ(root.find("source")->string(), "geonames");
  EXPECT_EQ(root.find("rows_read")->integer(), 2);
  EXPECT_EQ(root.find("rows_kept")->integer(), 1);
  EXPECT_EQ(root.find("skipped")->children().at(0).find("reason")->string(), "not 19 columns");
  EXPECT_GT(root.find("index")->find("bytes")->integer(), 1000);
}

TEST_F(Import, SaysInOneLineWhyItFailed) {
  const auto failure = [this](std::vector<std::string> arguments) {
    const auto done = import(std::move(arguments));
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(std::ranges::count(done.err, '\n'), 1) << done.err;
    return std::to_string(done.status) + " " + done.err;
  };
  EXPECT_THAT(failure({"geonames", "/nonexistent"}), HasSubstr("1 waypost: cannot open /nonexistent"));
  EXPECT_THAT(failure({"geonames", file("x.txt", "no table\n")}),
              HasSubstr("1 waypost: no row could be used"));
  EXPECT_THAT(failure({"openaddresses", file("x.csv", "a,b\n1,2\n")}), HasSubstr("there is no column LON"));
  EXPECT_THAT(failure({"csv", file("x.csv", "a,b\n1,2\n"), "--map", "lat=c"}),
              HasSubstr("there is no column 'c'; the header has a, b"));
  EXPECT_THAT(failure({"csv", file("x.csv", "a,b\n1,2\n"), "--map", "wrong"}),
              HasSubstr("write FIELD=COLUMN"));
  EXPECT_THAT(failure({"geonames", file("y.txt", town("1", "X")), "--name", "No Name"}),
              HasSubstr("cannot name a source"));
  EXPECT_THAT(failure({"geonames", file("y.txt", town("1", "X")), "--map", "lat=Y"}),
              HasSubstr("only csv files have columns to map"));
  EXPECT_THAT(failure({"polygons", file("y.json", "{}"), "--kind", "locality"}),
              HasSubstr("polygons are of the kind country or admin1"));
  EXPECT_THAT(failure({"geonames-postal", file("y.txt", "x"), "--country", "DE"}),
              HasSubstr("rows of geonames-postal tell their country themselves"));
  EXPECT_THAT(failure({"--remove", "nothing"}), HasSubstr("nothing is imported"));
  EXPECT_THAT(failure({"geonames"}), HasSubstr("2 waypost: FILE is required"));
  EXPECT_THAT(failure({"shapefile", "x"}), HasSubstr("2 waypost: "));
}

TEST_F(Import, IsTakenUpByARunningServiceWithoutFailingARequest) {
  test::WaypostProcess service;
  service.start();
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0, failed = 0;
  std::jthread client([&] {
    test::HttpClient http(service.port());
    while (!stop) {
      const auto answer = http.try_send({.target = "/v1/geocode?q=Oberdorf%20Austria"});
      (answer && answer->status == 200 ? answered : failed)++;
    }
  });
  test::HttpClient http(service.port());
  const auto knows = [&http](const std::string& name) {
    return http.get("/v1/geocode?q=" + name).body.find("\"" + name + "\"") != std::string::npos;
  };
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "import");
    arguments.insert(arguments.end(), {"--data-dir", service.data().string()});
    return run_waypost({.arguments = std::move(arguments)});
  };
  EXPECT_FALSE(knows("Quellenreuth"));
  const auto first = run({"geonames", file("AT.txt", town("1", "Quellenreuth")), "--name", "mine"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_TRUE(test::eventually([&] { return knows("Quellenreuth"); }));

  const auto failure = run({"geonames", file("bad.txt", "no table\n"), "--name", "mine"});
  EXPECT_EQ(failure.status, 1);
  EXPECT_TRUE(knows("Quellenreuth")) << "a failed import changes nothing";
  EXPECT_THAT(http.get("/v1/gazetteer").body,
              AllOf(HasSubstr("\"name\":\"mine\""), HasSubstr("CC BY 4.0"), HasSubstr("natural-earth")));

  const auto second = run({"geonames", file("AT2.txt", town("2", "Steinbrunnlein")), "--name", "more"});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(test::eventually([&] { return knows("Steinbrunnlein"); }));
  EXPECT_TRUE(knows("Quellenreuth")) << "sources answer side by side";
  const auto removed = run({"--remove", "mine"});
  EXPECT_EQ(removed.status, 0) << removed.err;
  EXPECT_TRUE(test::eventually([&] { return !knows("Quellenreuth"); }));
  EXPECT_TRUE(knows("Steinbrunnlein"));
  stop = true;
  client.join();
  EXPECT_GT(answered, 0);
  EXPECT_EQ(failed, 0);
}

TEST_F(Import, WaitsForAnotherOne) {
  std::filesystem::create_directories(data() / "gazetteer");
  const auto path = data() / "gazetteer" / "lock";
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  const auto input = file("AT.txt", town("1", "Oberdorf"));
  auto waiting = std::async(std::launch::async, [&] { return import({"geonames", input}); });
  struct stat status{};
  ASSERT_EQ(::fstat(lock, &status), 0);
  const auto someone_waits = [inode = std::to_string(status.st_ino)] {
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);)
      if (line.find("->") != std::string::npos && line.find(":" + inode + " ") != std::string::npos)
        return true;
    return false;
  };
  EXPECT_TRUE(test::eventually(someone_waits));
  ::close(lock);
  const auto done = waiting.get();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("another import is under way"));
}

}  // namespace
}  // namespace waypost::app
