#include <gtest/gtest.h>
#include <sys/resource.h>

#include "support/process.hpp"

namespace waypost::test {
namespace {

/// The soft limit of open descriptors of a process, as the kernel shows it.
std::string descriptor_limit(pid_t pid) {
  std::ifstream limits("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(limits, line);)
    if (line.starts_with("Max open files")) return line.substr(26, line.find(' ', 26) - 26);
  return "";
}

TEST(Serve, TakesAllTheDescriptorsThatItMay) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 256;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  WaypostProcess service;
  service.start();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(descriptor_limit(service.pid()), std::to_string(before.rlim_max));
}

}  // namespace
}  // namespace waypost::test
