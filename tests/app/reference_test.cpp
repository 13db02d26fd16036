#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/config_keys.hpp"
#include "program.hpp"

/// Completions, the manual page and the configuration's schema: what is made from the program's own tables.
namespace waypost::app {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Json = nlohmann::json;

bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null").c_str()) == 0;
}

/// What bash offers after these words, the last of which is being typed.
std::string offered(const std::vector<std::string>& words) {
  const TemporaryDirectory directory;
  std::string script = run_waypost({.arguments = {"completion", "bash"}}).out;
  script += "compopt() { :; }\nCOMP_WORDS=(waypost";
  for (const auto& word : words) script += " '" + word + "'";
  script += ")\nCOMP_CWORD=" + std::to_string(words.size()) +
            "\n_waypost\nprintf '%s\\n' \"${COMPREPLY[@]}\" > '" + (directory.path() / "offered").string() +
            "'\n";
  const auto file = directory.write("script", script);
  EXPECT_EQ(std::system(("cd '" + directory.path().string() + "' && bash '" + file.string() + "'").c_str()),
            0);
  std::ifstream stream(directory.path() / "offered");
  return "\n" + std::string(std::istreambuf_iterator<char>(stream), {});
}

TEST(Completion, OffersCommandsOptionsValuesAndFiles) {
  EXPECT_THAT(offered({"ba"}), HasSubstr("\nbackup\n"));
  EXPECT_THAT(offered({"job", ""}),
              AllOf(HasSubstr("\nsubmit\n"), HasSubstr("\nwatch\n"), Not(HasSubstr("\nserve\n"))));
  EXPECT_THAT(offered({"job", "submit", "--man"}), HasSubstr("\n--manifest\n"));
  EXPECT_THAT(offered({"serve", "--lis"}), HasSubstr("\n--listen\n"));
  EXPECT_THAT(offered({"completion", ""}), AllOf(HasSubstr("\nbash\n"), HasSubstr("\nfish\n")));
  EXPECT_THAT(offered({"import", "open"}), HasSubstr("\nopenaddresses\n"));
  EXPECT_THAT(offered({"serve", "--config", "scr"}), HasSubstr("\nscript\n"));
}

TEST(Completion, IsAScriptThatEachShellReads) {
  const TemporaryDirectory directory;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const auto outcome = run_waypost({.arguments = {"completion", shell}});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("selftest"), HasSubstr("with-secret-key"), HasSubstr("healthcheck")));
    const auto file = directory.write(shell, outcome.out);
    if (is_installed(shell))
      EXPECT_EQ(std::system((shell + " -n '" + file.string() + "'").c_str()), 0) << shell;
  }
}

TEST(ManualPage, DescribesEveryCommandAndOptionAndIsCleanRoff) {
  const auto page = run_waypost({.arguments = {"help", "--man"}});
  EXPECT_EQ(page.status, 0);
  for (const std::string text :
       {".TH WAYPOST 1", ".SH SYNOPSIS", ".SH EXAMPLES", "waypost job submit", "waypost backup",
        "\\-\\-with\\-secret\\-key", "EXIT STATUS", "WAYPOST_SERVER"})
    EXPECT_THAT(page.out, HasSubstr(text));
  const TemporaryDirectory directory;
  const auto file = directory.write("waypost.1", page.out);
  if (is_installed("mandoc"))
    EXPECT_EQ(std::system(("mandoc -Tlint -Wwarning '" + file.string() + "'").c_str()), 0);
  if (is_installed("groff"))
    EXPECT_EQ(std::system(
                  ("test -z \"$(groff -man -Tutf8 -ww '" + file.string() + "' 2>&1 > /dev/null)\"").c_str()),
              0);
}

TEST(ConfigSchema, HasEveryKeyWithItsTextAndDefault) {
  const auto outcome = run_waypost({.arguments = {"config", "schema"}});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json schema = Json::parse(outcome.out);
  for (const Key& key : config_keys()) {
    if (!key.supported) continue;
    const Json* place = &schema;
    for (const auto segment : key.segments())
      place = is_wildcard(segment) ? &place->at("additionalProperties")
                                   : &place->at("properties").at(std::string(segment));
    EXPECT_EQ(place->at("description"), key.text) << key.name;
    EXPECT_TRUE(place->contains("type") || place->contains("enum")) << key.name;
  }
  const Json& server = schema.at("properties").at("server");
  EXPECT_EQ(server.at("additionalProperties"), false);
  EXPECT_EQ(server.at("properties").at("max_connections").at("default"), 10000);
  EXPECT_EQ(server.at("properties").at("io_threads").at("maximum"), 1024);
  EXPECT_THAT(schema.at("properties").at("log").at("properties").at("level").at("enum"), Contains("debug"));
}

}  // namespace
}  // namespace waypost::app
