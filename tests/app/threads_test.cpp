#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "support/process.hpp"

// The threads of the service, as the operator sees them.
namespace waypost::test {
namespace {

// ThreadSanitizer's runtime has a thread of its own, which keeps the process's name.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr int unnamed = 2;
#else
constexpr int unnamed = 1;
#endif
#else
constexpr int unnamed = 1;
#endif

TEST(Threads, HaveTheNamesThatTheManualTells) {
  WaypostProcess service(
      {"tracing.endpoint=http://127.0.0.1:1/", "server.io_threads=2", "workers.threads=2"});
  service.start();
  std::map<std::string, int> names;
  const auto tasks = "/proc/" + std::to_string(service.pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream stream(task.path() / "comm");
    std::string name;
    std::getline(stream, name);
    ++names[name];
  }
  std::map<std::string, int> wanted = {{"waypost", unnamed}};
  for (const auto* name :
       {"wp-io-0", "wp-io-1", "wp-worker-0", "wp-worker-1", "wp-engine", "wp-writer", "wp-reader-0",
        "wp-reader-1", "wp-disk-0", "wp-disk-1", "wp-gazetteer", "wp-log", "wp-traces"})
    wanted[name] = 1;
  EXPECT_EQ(names, wanted) << "each has a name, and the first keeps the process's";
}

}  // namespace
}  // namespace waypost::test
