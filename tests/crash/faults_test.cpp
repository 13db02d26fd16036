#include <gmock/gmock.h>
#include <sys/mount.h>

#include "support/http_client.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

// The service as a process on a disk and a clock that misbehave.
namespace waypost::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A file system of its own in memory; gone at the end.
class SmallDisk {
 public:
  /// Nothing where file systems may not be mounted.
  static std::unique_ptr<SmallDisk> make(std::string_view megabytes) {
    auto disk = std::make_unique<SmallDisk>();
    const std::string options = "size=" + std::string(megabytes) + "m";
    disk->mounted_ =
        ::mount("none", disk->path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
    return disk->mounted_ ? std::move(disk) : nullptr;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  const std::filesystem::path& path() const { return directory_.path(); }
  bool make_read_only() const {
    return ::mount("none", path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) ==
           0;
  }
  /// Takes all the room there is, but for `bytes`.
  void fill(std::size_t bytes) const {
    const auto room = std::filesystem::space(path()).available;
    const int file = ::open((path() / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const int done =
        room > bytes ? ::posix_fallocate(file, ::lseek(file, 0, SEEK_END), static_cast<off_t>(room - bytes))
                     : 0;
    ::close(file);
    if (done != 0) throw std::runtime_error("the disk cannot be filled");
  }
  void free() const { std::filesystem::remove(path() / "filler"); }

 private:
  const TempDirectory directory_;
  bool mounted_ = false;
};

std::string echo(int i) {
  return R"({"type":"echo","payload":{"n":)" + std::to_string(i) + R"(,"x":")" + std::string(20'000, 'x') +
         "\"}}";
}

/// Submits echo jobs until one is refused, or `most` are accepted; that answer's status.
int submit(HttpClient& client, std::vector<std::string>& accepted, std::size_t most) {
  while (accepted.size() < most) {
    const auto response = client.post("/v1/jobs", echo(static_cast<int>(accepted.size())));
    if (response.status != 202) return response.status;
    accepted.push_back(json_at(response.body, "id"));
  }
  return 202;
}

std::string state_of(HttpClient& client, const std::string& id) {
  return json_at(client.get("/v1/jobs/" + id).body, "state");
}

TEST(Faults, ADiskThatFillsUpRefusesNewWorkAndLosesNothing) {
  const auto disk = SmallDisk::make("160");
  if (!disk) GTEST_SKIP() << "no file system may be mounted here";
  WaypostProcess service;
  service.keep_data_in(disk->path() / "data");
  service.start();
  std::vector<std::string> accepted;
  HttpClient client(service.port());
  ASSERT_EQ(submit(client, accepted, 50), 202);

  // These end while there is no room to write that down.
  for (int i = 0; i < 5; ++i)
    accepted.push_back(
        json_at(client.post("/v1/jobs", R"({"type":"sleep","payload":{"seconds":1}})").body, "id"));
  disk->fill(8 << 20);
  // The room is looked at once a second; meanwhile a commit may still find some in the log's own pages.
  const auto refused = [&] { return submit(client, accepted, accepted.size() + 1) == 507; };
  EXPECT_TRUE(eventually(refused));
  disk->fill(0);
  EXPECT_TRUE(eventually(refused));
  EXPECT_EQ(client.get("/v1/jobs/" + accepted.front()).status, 200) << "reads go on";
  EXPECT_EQ(client.get("/healthz").status, 200);
  const auto upload = client.send({.method = "POST",
                                   .target = "/v1/manifests",
                                   .body = "n\n" + std::string(200'000, '1') + "\n",
                                   .content_type = "text/csv"});
  EXPECT_EQ(upload.status, 507) << upload.body;

  disk->free();
  EXPECT_TRUE(eventually([&] { return submit(client, accepted, accepted.size() + 1) == 202; }));
  for (const auto& id : accepted)
    EXPECT_TRUE(eventually([&] { return state_of(client, id) == "succeeded"; }))
        << client.get("/v1/jobs/" + id).body << service.log();
  service.kill();
  service.start();
  HttpClient again(service.port());
  for (const auto& id : accepted) EXPECT_EQ(state_of(again, id), "succeeded");
}

TEST(Faults, ADirectoryThatCannotBeWrittenToIsRefusedAtTheStartAndLeftAsItIs) {
  const auto disk = SmallDisk::make("160");
  if (!disk) GTEST_SKIP() << "no file system may be mounted here";
  WaypostProcess service;
  service.keep_data_in(disk->path() / "data");
  service.start();
  std::vector<std::string> accepted;
  HttpClient client(service.port());
  ASSERT_EQ(submit(client, accepted, 3), 202);
  service.signal(SIGTERM);
  ASSERT_EQ(service.wait(), 0);
  ASSERT_TRUE(disk->make_read_only());
  try {
    service.start();
    FAIL() << "it serves what it cannot write";
  } catch (const std::runtime_error& refused) {
    EXPECT_THAT(refused.what(), AllOf(HasSubstr("status 1"), HasSubstr("cannot write to the data directory"),
                                      HasSubstr("Read-only file system"), HasSubstr("--data-dir")));
  }
}

bool has_sanitizer() {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return true;
#endif
#endif
  return false;
}

TEST(Faults, ASyncThatFailsEndsTheServiceWithStatus1AndLosesNothing) {
  if (has_sanitizer()) GTEST_SKIP() << "a sanitizer's runtime wants to be loaded first";
  const TempDirectory directory;
  const auto switch_file = directory / "fail";
  WaypostProcess service;
  service.set_environment(
      {"LD_PRELOAD=" + failing_sync_library(), "FAIL_SYNC_WHILE=" + switch_file.string()});
  service.start();
  std::vector<std::string> accepted;
  HttpClient client(service.port());
  ASSERT_EQ(submit(client, accepted, 20), 202);
  std::ofstream(switch_file) << "now";
  const auto refused = client.try_send({.method = "POST", .target = "/v1/jobs", .body = echo(20)});
  if (refused) {
    EXPECT_EQ(refused->status, 500) << refused->body;
  }
  EXPECT_EQ(service.wait(), 1) << service.log();
  EXPECT_THAT(service.log(), HasSubstr("the store failed and takes no more writes"));

  std::filesystem::remove(switch_file);
  service.start();
  HttpClient again(service.port());
  for (const auto& id : accepted)
    EXPECT_TRUE(eventually([&] { return state_of(again, id) == "succeeded"; })) << id;
}

constexpr const char* libfaketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// A service whose clock is as far from the machine's as a file says.
class ClockFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(libfaketime)) GTEST_SKIP() << "libfaketime is not installed";
    if (has_sanitizer()) GTEST_SKIP() << "a sanitizer's runtime and libfaketime do not go together";
    set("+0");
    service.set_environment({"LD_PRELOAD=" + std::string(libfaketime), "FAKETIME_NO_CACHE=1",
                             "FAKETIME_DONT_FAKE_MONOTONIC=1",
                             "FAKETIME_TIMESTAMP_FILE=" + (directory / "offset").string()});
    service.start();
  }
  /// Sets the clock; whole, since it is read at any time.
  void set(const std::string& offset) {
    std::ofstream(directory / "next") << offset << '\n';
    std::filesystem::rename(directory / "next", directory / "offset");
  }
  static std::string submit(HttpClient& client, const std::string& more = "") {
    const auto response = client.post("/v1/jobs", R"({"type":"echo")" + more + "}");
    EXPECT_EQ(response.status, 202) << response.body;
    return json_at(response.body, "id");
  }
  static void expect_succeeded(HttpClient& client, const std::string& id) {
    EXPECT_TRUE(eventually([&] { return state_of(client, id) == "succeeded"; }))
        << client.get("/v1/jobs/" + id).body;
  }

  TempDirectory directory;
  WaypostProcess service;
};

TEST_F(ClockFaults, AnHourForwardRunsWhatHadToWaitForItAndLosesNothing) {
  HttpClient client(service.port());
  const auto before = submit(client);
  const auto waiting = submit(client, R"(,"delay_seconds":1800)");
  expect_succeeded(client, before);
  set("+3600");
  const auto after = submit(client, R"(,"delay_seconds":1)");
  EXPECT_GT(after, waiting);
  expect_succeeded(client, after);
  expect_succeeded(client, waiting);
}

TEST_F(ClockFaults, AnHourBackRunsWhatIsNewKeepsTheOrderOfIdsAndLosesNothing) {
  HttpClient client(service.port());
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(submit(client));
  for (const auto& id : ids) expect_succeeded(client, id);
  set("-3600");
  for (int i = 0; i < 10; ++i) ids.push_back(submit(client));
  for (const auto& id : ids) expect_succeeded(client, id);
  service.kill();
  service.start();
  HttpClient again(service.port());
  for (int i = 0; i < 10; ++i) ids.push_back(submit(again));
  EXPECT_TRUE(std::ranges::is_sorted(ids)) << "also after a restart in the past";
  for (const auto& id : ids) expect_succeeded(again, id);
}

}  // namespace
}  // namespace waypost::test
