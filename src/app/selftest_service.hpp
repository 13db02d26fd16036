#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "waypost/base/error.hpp"

namespace waypost::app {

/// This very program, serving on a data directory as a process of its own, which ends with whoever started
/// it. One thread.
class ServiceProcess {
 public:
  explicit ServiceProcess(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~ServiceProcess() { kill(); }
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  /// Starts it and waits until it serves: where. Its log is FOLDER/log.
  Result<std::string> start();
  /// SIGKILL, and waits for its end.
  void kill();

 private:
  std::vector<std::string> arguments() const;
  const std::filesystem::path folder_;
  pid_t pid_ = -1;
};

}  // namespace waypost::app
