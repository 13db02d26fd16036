#include "waypost/app/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "support/paths.hpp"
#include "temporary_directory.hpp"

namespace waypost::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(CommandLine, PrintsItsVersion) {
  const auto outcome = run_waypost({.arguments = {"version"}});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, fmt::format("waypost {}\n", version()));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(CommandLine, PrintsTheServicesSigningSecretTheSameEachTime) {
  const TemporaryDirectory directory;
  const std::vector<std::string> arguments{"webhook", "secret", "--data-dir", directory.path().string()};
  const auto first = run_waypost({.arguments = arguments});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_TRUE(first.out.starts_with("whsec_")) << first.out;
  EXPECT_EQ(run_waypost({.arguments = arguments}).out, first.out);
}

TEST(CommandLine, ExplainsEachCommandOnStdoutWithExamples) {
  const std::vector<std::vector<std::string>> calls{{"help"},
                                                    {"--help"},
                                                    {"help", "serve"},
                                                    {"serve", "--help"},
                                                    {"help", "import"},
                                                    {"help", "job", "submit"},
                                                    {"job", "list", "--help"},
                                                    {"help", "config"}};
  for (const auto& call : calls) {
    const auto outcome = run_waypost({.arguments = call});
    EXPECT_EQ(outcome.status, 0) << call.back();
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("Usage: waypost"), HasSubstr("Example"), Not(HasSubstr("\x1b["))));
    EXPECT_THAT(outcome.err, IsEmpty());
  }
}

TEST(CommandLine, AnswersWrongUsageWithTwoAndOneLineOnStderr) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> calls{
      {{}, "subcommand is required"},
      {{"serv"}, "there is no command 'serv'; did you mean serve?"},
      {{"job"}, "subcommand is required"},
      {{"job", "sumbit"}, "there is no command 'sumbit'; did you mean submit?"},
      {{"job", "get"}, "ID is required"},
      {{"serve", "now"}, "now"},
      {{"serve", "--listne", "127.0.0.1:0"}, "did you mean --listen?"},
      {{"import", "shapefile", "x.shp"},
       "shapefile not in {geonames,geonames-postal,openaddresses,csv,polygons}"},
      {{"import", "geonames"}, "FILE is required"},
      {{"job", "list", "--limit", "1001"}, "--limit"},
      {{"job", "list", "--server", "ftp://localhost"}, "ftp://localhost is no server URL"},
      {{"job", "submit", "echo", "--priority", "high"}, "--priority"},
      {{"help", "nothing"}, "there is no command 'nothing'"},
  };
  for (const auto& [arguments, message] : calls) {
    const auto outcome = run_waypost({.arguments = arguments});
    EXPECT_EQ(outcome.status, 2) << message;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("waypost: "), HasSubstr(message)));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(CommandLine, StopsTheServiceOnAFaultyConfigurationAndReportsEveryFault) {
  const TemporaryDirectory directory;
  const auto file = directory.write("waypost.toml", "[server]\nlistne = \"127.0.0.1:0\"\nio_threads = -1\n");
  const auto outcome = run_waypost({.arguments = {"serve", "--config", file, "--set", "log.levl=debug"},
                                    .environment = {"WAYPOST_LOG__FORMAT=xml"}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            fmt::format("waypost: {0}:2: unknown key server.listne; did you mean server.listen?\n"
                        "waypost: {0}:3: server.io_threads = -1 must be an integer from 0 to 1024\n"
                        "waypost: WAYPOST_LOG__FORMAT: log.format = xml must be \"text\" or \"json\"\n"
                        "waypost: --set: unknown key log.levl; did you mean log.level?\n",
                        file.string()));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(CommandLine, RefusesToServeAnotherAddressThanLoopbackUnasked) {
  const auto outcome = run_waypost({.arguments = {"serve", "--listen", "0.0.0.0:0"}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("auth.mode = \"none\""));
}

TEST(CommandLine, ChecksTheConfiguration) {
  const auto good =
      run_waypost({.arguments = {"config", "check", "--config", test::project_file("config/waypost.toml")}});
  EXPECT_EQ(good.status, 0) << good.err;
  const auto bad = run_waypost({.arguments = {"config", "check", "--config", "/does/not/exist.toml"}});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.err, HasSubstr("/does/not/exist.toml: cannot read the configuration file: No such file"));
}

TEST(CommandLine, PrintsTheConfigurationWithOriginsAndRepeatedFlags) {
  const auto outcome =
      run_waypost({.arguments = {"config", "print", "--set", "webhooks.retry_seconds=[0, 1]", "--set",
                                 "log.level=debug", "--listen", "[::1]:0", "--data-dir", "/srv"},
                   .environment = {"WAYPOST_SERVER__IO_THREADS=3", "PATH=/bin"}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("# data directory: /srv (--data-dir)\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("webhooks.retry_seconds = \\[0, 1\\] +# --set\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("log.level = \"debug\" +# --set\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("server.listen = \"\\[::1\\]:0\" +# --listen\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("server.io_threads = 3 +# WAYPOST_SERVER__IO_THREADS\n"));
}

TEST(CommandLine, ImportsGeoNamesFilesIntoTheDataDirectory) {
  const TemporaryDirectory directory;
  const auto cities = directory.write("cities.txt",
                                      "2510409\tToledo\tToledo\t\t39.8581\t-4."
                                      "02263\tP\tPPLA\tES\t\t54\tTO\t45168\t\t83108\t\t529\tEurope/Madrid\t"
                                      "2023-01-01\n");
  const auto data = directory.path() / "data";
  const auto outcome = run_waypost(
      {.arguments = {"import", "geonames", cities, "--name", "spain", "--data-dir", data.string()}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, Not(IsEmpty()));
  EXPECT_TRUE(std::filesystem::exists(data / "gazetteer" / "sources" / "spain.src"));
}

TEST(CommandLine, AFailedImportChangesNothingAndSaysWhy) {
  const TemporaryDirectory directory;
  const auto data = directory.path() / "data";
  const auto outcome =
      run_waypost({.arguments = {"import", "geonames", "/does/not/exist.txt", "--data-dir", data.string()}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(StartsWith("waypost: "), HasSubstr("/does/not/exist.txt")));
  EXPECT_FALSE(std::filesystem::exists(data / "gazetteer" / "sources" / "geonames.src"));
}

}  // namespace
}  // namespace waypost::app
