#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace waypost::test {

/// Fails a test program that ends with more open descriptors than it began with, and names them.
class DescriptorsAreGivenBack : public testing::Environment {
 public:
  void SetUp() override { before_ = open_now(); }
  void TearDown() override {
    for (const auto& [descriptor, what] : open_now())
      if (!before_.contains(descriptor))
        ADD_FAILURE() << "descriptor " << descriptor << " is left open: " << what;
  }

 private:
  static std::map<std::string, std::string> open_now() {
    std::map<std::string, std::string> descriptors;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;  // the one that lists them
      const auto target = std::filesystem::read_symlink(entry.path(), gone);
      const bool lists = target.string().ends_with("/fd");
      if (!gone && !lists) descriptors.emplace(entry.path().filename().string(), target.string());
    }
    return descriptors;
  }

  std::map<std::string, std::string> before_;
};

}  // namespace waypost::test
