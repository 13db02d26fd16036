#include "waypost/base/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

namespace waypost {
namespace {

TEST(ProcessFigures, AreOfThisProcess) {
  const ProcessFigures figures = read_process_figures();
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(figures.start_time_seconds, 1.7e9);
  EXPECT_LE(figures.start_time_seconds, now + 2);
  EXPECT_GT(figures.resident_bytes, 100'000u);
  EXPECT_GT(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_GE(figures.threads, 1u);
  EXPECT_GE(figures.max_descriptors, figures.open_descriptors);
}

TEST(ProcessFigures, CountOpenDescriptors) {
  const auto before = read_process_figures().open_descriptors;
  const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(read_process_figures().open_descriptors, before + 1);
  ::close(descriptor);
  EXPECT_EQ(read_process_figures().open_descriptors, before);
}

}  // namespace
}  // namespace waypost
