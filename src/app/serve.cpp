#include "waypost/app/serve.hpp"

#include <csignal>
#include <iostream>

#include "app/application.hpp"

namespace waypost::app {

int serve(const Config& config) {
  // A peer that is gone is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  SystemClock clock;
  Application application(config, clock);
  if (const auto started = application.start(); !started) {
    std::cerr << "waypost: " << started.error().message << '\n';
    return 1;
  }
  return application.run();
}

}  // namespace waypost::app
