#include "waypost/app/serve.hpp"

#include <sys/resource.h>

#include <csignal>
#include <iostream>

#include "app/application.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/scheduling.hpp"

namespace waypost::app {
namespace {

/// Each connection takes a descriptor, and the soft limit is often but 1024.
void allow_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int serve(const Config& config, Reread reread) {
  // A peer that is gone is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  allow_all_descriptors();
  take_short_turns();
  const log::Background writes_logs;
  SystemClock clock;
  Application application(config, clock, std::move(reread));
  if (const auto started = application.start(); !started) {
    std::cerr << "waypost: " << started.error().message << '\n';
    return 1;
  }
  return application.run();
}

}  // namespace waypost::app
