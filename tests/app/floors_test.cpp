// scripts/check-floors guards the architecture; this guards the guard.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "support/paths.hpp"
#include "temporary_directory.hpp"

namespace waypost::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

struct Report {
  int status;
  std::string text;
};

Report check_floors(const std::filesystem::path& root) {
  const std::string command =
      fmt::format("'{}' '{}' 2>&1", test::project_file("scripts/check-floors"), root.string());
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {.status = -1, .text = "popen failed"};
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  return {.status = ::pclose(pipe), .text = text};
}

TEST(Floors, AllowARoomToIncludeFromThoseBelow) {
  const TemporaryDirectory root;
  root.write("src/store/a.cpp",
             "#include \"waypost/job/job.hpp\"\n#include \"store/b.hpp\"\n#include <sys/stat.h>\n");
  root.write("include/waypost/batch/c.hpp", "#include \"waypost/operation/operation.hpp\"\n");
  root.write("src/main.cpp", "#include \"waypost/app/cli.hpp\"\n");
  const Report report = check_floors(root.path());
  EXPECT_EQ(report.status, 0);
  EXPECT_THAT(report.text, IsEmpty());
}

TEST(Floors, PrintEachIncludeFromAboveOrFromBeside) {
  const TemporaryDirectory root;
  root.write("include/waypost/net/up.hpp", "#pragma once\n#include \"waypost/api/routes.hpp\"\n");
  root.write("src/job/beside.cpp", "  #  include <waypost/geo/place.hpp>\n");
  root.write("src/operation/against.cpp", "#include \"batch/private.hpp\"\n");
  const Report report = check_floors(root.path());
  EXPECT_NE(report.status, 0);
  EXPECT_THAT(report.text,
              AllOf(HasSubstr("include/waypost/net/up.hpp:2: net (floor 3) includes api (floor 6)"),
                    HasSubstr("src/job/beside.cpp:1: job (floor 2) includes geo (floor 2)"),
                    HasSubstr("src/operation/against.cpp:1: operation (floor 4) includes batch (floor 4)")));
}

TEST(Floors, RefuseARoomThatStandsOnNone) {
  const TemporaryDirectory root;
  root.write("src/cellar/a.cpp", "\n");
  const Report report = check_floors(root.path());
  EXPECT_NE(report.status, 0);
  EXPECT_THAT(report.text, HasSubstr("room \"cellar\" stands on no floor"));
}

}  // namespace
}  // namespace waypost::app
