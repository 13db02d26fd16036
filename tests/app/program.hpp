#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/paths.hpp"
#include "temporary_directory.hpp"

namespace waypost::app {

struct Outcome {
  int status = -1;  ///< exit status; 128 and the signal's number when a signal ended it
  std::string out;
  std::string err;
};

struct Program {
  std::vector<std::string> arguments;
  std::vector<std::string> environment = {};  ///< NAME=VALUE; nothing is inherited
  std::string input = {};
};

/// Runs the binary under test to its end.
inline Outcome run_waypost(const Program& program) {
  const TemporaryDirectory directory;
  const auto in = directory.write("in", program.input);
  const auto out = directory.write("out", "");
  const auto err = directory.write("err", "");

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY, 0);

  std::vector<std::string> arguments = program.arguments;
  arguments.insert(arguments.begin(), test::program_file());
  std::vector<std::string> environment = program.environment;
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  };
  pid_t child = 0;
  const int error = posix_spawn(&child, test::program_file().c_str(), &actions, nullptr,
                                pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot run " + test::program_file());
  int status = 0;
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error("lost " + test::program_file());

  const auto read = [](const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = read(out),
          .err = read(err)};
}

}  // namespace waypost::app
