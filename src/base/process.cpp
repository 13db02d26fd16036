#include "waypost/base/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace waypost {
namespace {

/// /proc/self/stat from its third field, the state, on: the second is a name in brackets that may hold any
/// character.
std::string stat_behind_name() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto bracket = line.rfind(')');
  return bracket == std::string::npos ? std::string() : line.substr(bracket + 1);
}

/// The line `btime` of /proc/stat: when the machine started.
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  return 0;
}

std::uint64_t count_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator folder("/proc/self/fd", error);
  if (error) return 0;
  const auto count = std::distance(folder, {});
  return static_cast<std::uint64_t>(count > 0 ? count - 1 : 0);  // less the one that reads the folder
}

}  // namespace

ProcessFigures read_process_figures() {
  ProcessFigures figures;
  std::istringstream stat(stat_behind_name());
  std::string skipped;
  // proc(5): from the state (3) on; utime is 14, num_threads 20, starttime 22, vsize 23, rss 24.
  for (int field = 3; field < 14; ++field) stat >> skipped;
  double user = 0, system = 0, start = 0;
  std::uint64_t pages = 0;
  stat >> user >> system;
  for (int field = 16; field < 20; ++field) stat >> skipped;
  stat >> figures.threads >> skipped >> start >> figures.virtual_bytes >> pages;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  figures.cpu_seconds = (user + system) / ticks;
  static const double booted = boot_time();
  figures.start_time_seconds = booted + start / ticks;
  figures.resident_bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  figures.open_descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_descriptors = limit.rlim_cur;
  return figures;
}

}  // namespace waypost
