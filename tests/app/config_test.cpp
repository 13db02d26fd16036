#include "waypost/app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config_keys.hpp"
#include "support/paths.hpp"
#include "temporary_directory.hpp"

namespace waypost::app {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;
using Environment = std::vector<std::pair<std::string, std::string>>;
using Lines = std::vector<std::string>;

class ConfigFile : public testing::Test {
 protected:
  std::expected<LoadedConfig, Lines> load(std::string_view toml, Environment environment = {},
                                          Lines set = {}) {
    directory_.write("waypost.toml", toml);
    return load_config({.file = file_, .environment = std::move(environment), .set = std::move(set)});
  }
  Lines faults(std::string_view toml) {
    auto loaded = load(toml);
    return loaded ? Lines{} : loaded.error();
  }
  std::string at(int line) const { return fmt::format("{}:{}", file_.string(), line); }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "waypost.toml";
};

Lines faults_of(const ConfigSources& sources) {
  auto loaded = load_config(sources);
  return loaded ? Lines{} : loaded.error();
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Config, HasTheContractsDefaultsWhenNothingIsSet) {
  const auto loaded = load_config({});
  ASSERT_TRUE(loaded);
  const Config& config = loaded->config;
  EXPECT_EQ(config.server.listen.to_string(), "127.0.0.1:8080");
  EXPECT_EQ(config.server.max_connections, 10000U);
  EXPECT_EQ(config.server.max_connections_per_address, 10000U);
  EXPECT_EQ(config.server.max_body_bytes, 1048576U);
  EXPECT_EQ(config.server.max_bulk_bytes, 33554432U);
  EXPECT_EQ(config.server.max_manifest_bytes, 10737418240U);
  EXPECT_EQ(config.server.max_uri_bytes, 16384U);
  EXPECT_EQ(config.server.max_header_bytes, 32768U);
  EXPECT_EQ(config.server.header_timeout, 10s);
  EXPECT_EQ(config.server.body_timeout, 30s);
  EXPECT_EQ(config.server.idle_timeout, 75s);
  EXPECT_EQ(config.server.shutdown, 30s);
  EXPECT_EQ(config.auth.mode, AuthMode::automatic);
  EXPECT_EQ(config.store.synchronous, Synchronous::full);
  EXPECT_THAT(config.webhooks.retry,
              ElementsAre(0s, 5s, 300s, 1800s, 7200s, 18000s, 36000s, 50400s, 72000s, 86400s));
  EXPECT_EQ(config.webhooks.timeout, 15s);
  EXPECT_EQ(config.webhooks.max_in_flight, 256U);
  EXPECT_EQ(config.retention.jobs, 604800s);
  EXPECT_EQ(config.retention.idempotency, 86400s);
  EXPECT_EQ(config.log.level, log::Level::info);
  EXPECT_THAT(loaded->origins, IsEmpty());
}

TEST(Config, EveryDefaultIsAValueThatItsKeyAccepts) {
  std::string toml;
  for (const Key& key : config_keys()) {
    if (!key.supported) continue;
    const auto value = key.show(Config{}, "main");
    if (value && key.name.find("NAME") == std::string::npos) toml += key.name + " = " + *value + "\n";
  }
  const TemporaryDirectory directory;
  EXPECT_THAT(faults_of({.file = directory.write("defaults.toml", toml)}), IsEmpty());
}

TEST_F(ConfigFile, ReadsEveryKindOfValue) {
  const auto loaded = load(R"(
[server]
listen = "[::1]:0"
max_connections = 7
[auth]
mode = "none"
[webhooks]
retry_seconds = [0, 0.5, 2]
timeout_seconds = 3
[egress]
allow = ["10.0.0.0/8", "hooks.internal"]
allow_private = true
[queues.mail]
concurrency = 0
rate_per_second = 2.5
[queues."a b"]
concurrency_per_key = 3
[log]
format = "json"
)");
  ASSERT_TRUE(loaded) << loaded.error().front();
  const Config& config = loaded->config;
  EXPECT_EQ(config.server.listen, (ListenAddress{"::1", 0}));
  EXPECT_EQ(config.server.max_connections, 7U);
  EXPECT_EQ(config.auth.mode, AuthMode::none);
  EXPECT_THAT(config.webhooks.retry, ElementsAre(0ms, 500ms, 2000ms));
  EXPECT_THAT(config.egress.allow, ElementsAre("10.0.0.0/8", "hooks.internal"));
  EXPECT_TRUE(config.egress.allow_private);
  EXPECT_EQ(config.queues.at("mail").concurrency, 0U);
  EXPECT_EQ(config.queues.at("mail").rate_per_second, 2.5);
  EXPECT_EQ(config.queues.at("a b").concurrency_per_key, 3U);
  EXPECT_EQ(config.queues.at("a b").concurrency, std::nullopt);
  EXPECT_EQ(config.log.format, log::Format::json);
  EXPECT_EQ(loaded->origins.at("server.max_connections"), at(4));
  EXPECT_EQ(loaded->origins.at("queues.\"a b\".concurrency_per_key"), at(17));
}

TEST_F(ConfigFile, NamesFileLineAndTheNearestKeyOfAnUnknownOne) {
  EXPECT_THAT(faults("[server]\n\nlistne = \"127.0.0.1:1\"\n"),
              ElementsAre(at(3) + ": unknown key server.listne; did you mean server.listen?"));
  EXPECT_THAT(faults("[servr]\nlisten = \"127.0.0.1:1\"\n"),
              ElementsAre(at(1) + ": unknown key servr; did you mean server?"));
  EXPECT_THAT(faults("listen = \"127.0.0.1:1\"\n"),
              ElementsAre(at(1) + ": unknown key listen; did you mean server.listen?"));
  EXPECT_THAT(
      faults("queues.mail.concurency = 1\n"),
      ElementsAre(at(1) + ": unknown key queues.mail.concurency; did you mean queues.mail.concurrency?"));
  EXPECT_THAT(faults("entirely_elsewhere = 1\n"), ElementsAre(at(1) + ": unknown key entirely_elsewhere"));
}

TEST_F(ConfigFile, SaysWhatAWrongValueShouldHaveBeen) {
  EXPECT_THAT(faults("[server]\nio_threads = \"four\"\n"),
              ElementsAre(at(2) + ": server.io_threads = \"four\" must be an integer from 0 to 1024"));
  EXPECT_THAT(faults("server.max_connections = 0\n"),
              ElementsAre(at(1) + ": server.max_connections = 0 must be an integer from 1 to 1000000"));
  EXPECT_THAT(faults("server.max_connections = 1.0\n"), ElementsAre(HasSubstr("must be an integer")));
  EXPECT_THAT(
      faults("log.level = \"loud\"\n"),
      ElementsAre(at(1) +
                  ": log.level = \"loud\" must be \"debug\", \"info\", \"warn\", \"error\" or \"off\""));
  EXPECT_THAT(faults("egress.allow_private = \"yes\"\n"), ElementsAre(HasSubstr("must be true or false")));
  EXPECT_THAT(faults("webhooks.retry_seconds = []\n"),
              ElementsAre(HasSubstr("must be a list of 1 to 100 numbers")));
  EXPECT_THAT(faults("webhooks.retry_seconds = [-1]\n"), ElementsAre(HasSubstr("from 0 to 2592000")));
  EXPECT_THAT(faults("queues.mail.rate_per_second = nan\n"), ElementsAre(HasSubstr("must be a number from")));
  EXPECT_THAT(faults("server = 5\n"), ElementsAre(at(1) + ": server = 5 must be a table of keys"));
  EXPECT_THAT(faults("[server.listen]\naddress = \"::\"\n"), ElementsAre(HasSubstr("must be ADDR:PORT")));
}

TEST_F(ConfigFile, RefusesListenAddressesThatAreNoIpAddressAndPort) {
  for (const std::string_view bad :
       {"localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
        "[127.0.0.1]:80", "127.0.0.1:80 ", "[]:80", ":80", ""}) {
    EXPECT_THAT(faults(fmt::format("server.listen = \"{}\"\n", bad)),
                ElementsAre(HasSubstr("must be ADDR:PORT")))
        << bad;
  }
}

TEST_F(ConfigFile, ReportsEveryFaultAtOnce) {
  EXPECT_THAT(faults("server.io_threads = -1\nlog.level = 3\nnonsense = true\n"),
              ElementsAre(StartsWith(at(1)), StartsWith(at(2)), StartsWith(at(3))));
}

TEST_F(ConfigFile, ReportsWhereItIsNoToml) {
  EXPECT_THAT(faults("[server]\nlisten = \n"), ElementsAre(StartsWith(at(2) + ":")));
  EXPECT_THAT(faults("[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"\n"),
              ElementsAre(StartsWith(at(3) + ":")));
}

TEST_F(ConfigFile, RefusesFeaturesThatThisVersionDoesNotHave) {
  EXPECT_THAT(faults("s3.region = \"eu\"\n"),
              ElementsAre(HasSubstr("s3.region is not supported by this version")));
  EXPECT_THAT(faults("store.url = \"postgres://db\"\n"), ElementsAre(HasSubstr("must be sqlite:PATH")));
}

TEST_F(ConfigFile, TakesTheFilesOfTlsFromTheDataDirectory) {
  const auto loaded = load(
      "[server.tls]\ncertificate = \"/etc/c.pem\"\nkey = \"k.pem\"\nclient_auth = \"required\"\nclient_ca = "
      "\"ca.pem\"\n");
  ASSERT_TRUE(loaded) << loaded.error().front();
  const auto files = loaded->config.tls_files();
  ASSERT_TRUE(files);
  EXPECT_EQ(files->certificate, "/etc/c.pem");
  EXPECT_EQ(files->key, "var/k.pem");
  EXPECT_EQ(files->client_ca, "var/ca.pem");
  EXPECT_EQ(files->client_auth, net::ClientAuth::required);
  EXPECT_EQ(loaded->config.scheme(), "https");
  EXPECT_EQ(Config{}.tls_files(), std::nullopt);
  EXPECT_EQ(Config{}.scheme(), "http");
}

TEST_F(ConfigFile, RefusesHalfOfTls) {
  EXPECT_THAT(faults("server.tls.certificate = \"a.pem\"\n"),
              ElementsAre(at(1) + ": server.tls.certificate needs server.tls.key as well"));
  EXPECT_THAT(faults("server.tls.key = \"a.pem\"\n"),
              ElementsAre(at(1) + ": server.tls.key needs server.tls.certificate as well"));
  EXPECT_THAT(faults("[server.tls]\ncertificate = \"a\"\nkey = \"b\"\nclient_auth = \"required\"\n"),
              ElementsAre(at(4) + ": server.tls.client_auth needs server.tls.client_ca as well"));
  EXPECT_THAT(faults("[server.tls]\ncertificate = \"a\"\nkey = \"b\"\nclient_ca = \"c\"\n"),
              ElementsAre(HasSubstr("server.tls.client_ca needs server.tls.client_auth = \"optional\"")));
  EXPECT_THAT(faults("server.tls.hsts_seconds = 60\n"),
              ElementsAre(HasSubstr("server.tls.hsts_seconds needs server.tls.certificate")));
}

TEST_F(ConfigFile, NamesTheTrustedProxyThatIsNone) {
  EXPECT_THAT(faults("server.trusted_proxies = [\"10.0.0.0/8\", \"proxy.example\"]\n"),
              ElementsAre(AllOf(StartsWith(at(1) + ": server.trusted_proxies: 'proxy.example' is not"))));
}

TEST_F(ConfigFile, SaysWhyItCannotBeRead) {
  const auto missing = directory_.path() / "missing.toml";
  EXPECT_THAT(
      faults_of({.file = missing}),
      ElementsAre(missing.string() + ": cannot read the configuration file: No such file or directory"));
  EXPECT_THAT(faults_of({.file = directory_.path()}), ElementsAre(HasSubstr("is a directory")));
}

TEST_F(ConfigFile, IsBeatenByTheEnvironmentAndThatByFlags) {
  const std::string toml = "[server]\nmax_connections = 1\nmax_body_bytes = 2000\nio_threads = 1\n";
  const auto loaded = load(
      toml,
      {{"WAYPOST_SERVER__MAX_BODY_BYTES", "3000"}, {"WAYPOST_SERVER__IO_THREADS", "2"}, {"HOME", "/root"}},
      {"server.io_threads=3"});
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_EQ(loaded->config.server.max_connections, 1U);
  EXPECT_EQ(loaded->config.server.max_body_bytes, 3000U);
  EXPECT_EQ(loaded->config.server.io_threads, 3U);
  EXPECT_EQ(loaded->origins.at("server.max_connections"), at(2));
  EXPECT_EQ(loaded->origins.at("server.max_body_bytes"), "WAYPOST_SERVER__MAX_BODY_BYTES");
  EXPECT_EQ(loaded->origins.at("server.io_threads"), "--set");
}

TEST(ConfigEnvironment, ReadsStringsWithAndWithoutQuotesAndQueueNames) {
  const auto loaded = load_config({.environment = {{"WAYPOST_SERVER__LISTEN", "127.0.0.1:0"},
                                                   {"WAYPOST_LOG__LEVEL", "\"warn\""},
                                                   {"WAYPOST_EGRESS__DENY", "[\"192.0.2.0/24\"]"},
                                                   {"WAYPOST_QUEUES__MAIL__CONCURRENCY", "4"},
                                                   {"WAYPOST_SERVER", "http://elsewhere"},
                                                   {"WAYPOST_KEY", "wp_x"},
                                                   {"WAYPOST_DATA", "/srv/waypost"}}});
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_EQ(loaded->config.server.listen.port, 0);
  EXPECT_EQ(loaded->config.log.level, log::Level::warn);
  EXPECT_THAT(loaded->config.egress.deny, ElementsAre("192.0.2.0/24"));
  EXPECT_EQ(loaded->config.queues.at("mail").concurrency, 4U);
  EXPECT_EQ(loaded->config.data_dir, "/srv/waypost");
}

TEST(ConfigEnvironment, NamesTheVariableAtFault) {
  EXPECT_THAT(faults_of({.environment = {{"WAYPOST_SERVER__LISTNE", "127.0.0.1:1"}}}),
              ElementsAre("WAYPOST_SERVER__LISTNE: unknown variable; did you mean WAYPOST_SERVER__LISTEN?"));
  EXPECT_THAT(
      faults_of({.environment = {{"WAYPOST_SERVER__IO_THREADS", "many"}}}),
      ElementsAre("WAYPOST_SERVER__IO_THREADS: server.io_threads = many must be an integer from 0 to 1024"));
  EXPECT_THAT(faults_of({.environment = {{"WAYPOST_SERVER__IO_THREADS", "1\nother = 2"}}}),
              ElementsAre(HasSubstr("must be an integer")));
  EXPECT_THAT(faults_of({.environment = {{"WAYPOST_DATA", ""}}}),
              ElementsAre("WAYPOST_DATA: the data directory has no name"));
}

TEST(ConfigFlags, TakeTomlValuesAndPlainStrings) {
  const auto loaded = load_config({.set = {"webhooks.retry_seconds=[0, 1]", "log.level = debug",
                                           "log.format='json'", "queues.\"a.b\".concurrency=2"}});
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_THAT(loaded->config.webhooks.retry, ElementsAre(0s, 1s));
  EXPECT_EQ(loaded->config.log.level, log::Level::debug);
  EXPECT_EQ(loaded->config.log.format, log::Format::json);
  EXPECT_EQ(loaded->config.queues.at("a.b").concurrency, 2U);
}

TEST(ConfigFlags, AreShownInOneLineWhateverTheyHold) {
  EXPECT_THAT(
      faults_of({.set = {"log.level=loud\n\x1b[2J"}}),
      ElementsAre("--set: log.level = loud\\n\\x1b[2J must be \"debug\", \"info\", \"warn\", \"error\" or "
                  "\"off\""));
}

TEST(ConfigFlags, NameTheFlagAtFault) {
  EXPECT_THAT(faults_of({.set = {"server.io_threads=x"}}),
              ElementsAre("--set: server.io_threads = x must be an integer from 0 to 1024"));
  EXPECT_THAT(faults_of({.set = {"server.io_treads=1"}}),
              ElementsAre("--set: unknown key server.io_treads; did you mean server.io_threads?"));
  EXPECT_THAT(faults_of({.set = {"server.io_threads"}}), ElementsAre(HasSubstr("must be KEY=VALUE")));
  EXPECT_THAT(faults_of({.set = {"=1"}}), ElementsAre(HasSubstr("is no key")));
  EXPECT_THAT(faults_of({.listen = "8080"}),
              ElementsAre(StartsWith("--listen: server.listen = 8080 must be ADDR:PORT")));
}

TEST(ConfigFlags, ListenAndDataDirBeatAllElse) {
  const auto loaded = load_config({.environment = {{"WAYPOST_DATA", "/elsewhere"}},
                                   .set = {"server.listen=127.0.0.1:1"},
                                   .listen = "127.0.0.2:2",
                                   .data_dir = "/srv"});
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_EQ(loaded->config.server.listen.to_string(), "127.0.0.2:2");
  EXPECT_EQ(loaded->config.data_dir, "/srv");
}

TEST(Config, ChecksWhatOnlyTwoKeysShowTogether) {
  EXPECT_THAT(
      faults_of({.set = {"server.max_header_bytes=1024"}}),
      ElementsAre("--set: server.max_header_bytes = 1024 must be at least server.max_uri_bytes = 16384"));
}

TEST(Config, ChecksEachEgressEntry) {
  EXPECT_THAT(faults_of({.set = {"egress.allow=[\"10.0.0.0/8\", \"10.0.0.0/99\"]"}}),
              ElementsAre(AllOf(StartsWith("--set: egress.allow"), HasSubstr("10.0.0.0/99"))));
}

TEST_F(ConfigFile, DescribesOperationsOfYourOwn) {
  const auto loaded = load(
      "[operations.\"video.transcode\"]\n"
      "kind = \"http\"\n"
      "url = \"https://media.example.com/transcode\"\n"
      "headers = { Authorization = \"env:HOME\", X-Fixed = \"yes\" }\n"
      "schema = '{\"type\": \"object\"}'\n"
      "timeout_seconds = 600\n"
      "concurrency = 4\n");
  ASSERT_TRUE(loaded) << loaded.error().front();
  const OperationConfig& operation = loaded->config.operations.at("video.transcode");
  EXPECT_EQ(operation.headers.at("Authorization"), "env:HOME") << "secrets are not kept in what is printed";
  EXPECT_EQ(operation.timeout_seconds, 600U);
  const auto again = load(print_config(*loaded));
  ASSERT_TRUE(again) << again.error().front();
  EXPECT_EQ(again->config.operations.at("video.transcode").headers, operation.headers);
}

TEST_F(ConfigFile, NamesWhatIsWrongWithAnOperationByFileAndLine) {
  EXPECT_THAT(faults("[operations.a]\nkind = \"external\"\nurl = \"ftp://x/\"\n"
                     "schema = '{\"type\": 7}'\nheaders = { X = \"env:WAYPOST_NO_SUCH\" }\n"),
              UnorderedElementsAre(
                  AllOf(StartsWith(at(2) + ": operations.a.kind: "), HasSubstr("not supported")),
                  StartsWith(at(3) + ": operations.a.url: "),
                  AllOf(StartsWith(at(4) + ": operations.a.schema: "), HasSubstr("JSON Schema")),
                  AllOf(StartsWith(at(5) + ": operations.a.headers: "), HasSubstr("WAYPOST_NO_SUCH"))));
  EXPECT_THAT(faults("[operations.a]\nkind = \"http\"\n"),
              ElementsAre(AllOf(StartsWith(at(2) + ": operations.a.url: "), HasSubstr("required"))));
  EXPECT_THAT(faults("[operations.a]\nkind = \"http\"\nurl = \"http://10.0.0.1/\"\nschema = \"{\"\n"),
              Contains(AllOf(StartsWith(at(4) + ": operations.a.schema"), HasSubstr("line 1"))));
  EXPECT_THAT(faults("[operations.a]\nurl = 7\n"),
              ElementsAre(StartsWith(at(2) + ": operations.a.url = 7 must be")));
}

TEST(Config, PutsRelativeFilesIntoTheDataDirectory) {
  Config config{.data_dir = "/data"};
  EXPECT_EQ(config.database_path(), "/data/waypost.db");
  EXPECT_EQ(config.secret_key_path(), "/data/secret.key");
  config.store.url = "sqlite:/fast/jobs.db";
  config.secrets.key_file = "/run/secrets/waypost";
  EXPECT_EQ(config.database_path(), "/fast/jobs.db");
  EXPECT_EQ(config.secret_key_path(), "/run/secrets/waypost");
}

TEST_F(ConfigFile, IsPrintedWithOriginsAndReadsBackTheSame) {
  const auto loaded = load("[queues.\"a \\\"b\"]\nconcurrency = 3\n[secrets]\nkey_file = \"tab\\there\"\n",
                           {{"WAYPOST_WEBHOOKS__RETRY_SECONDS", "[0, 0.25]"}}, {"server.listen=[::1]:99"});
  ASSERT_TRUE(loaded) << loaded.error().front();
  const std::string printed = print_config(*loaded);
  EXPECT_THAT(printed, HasSubstr("log.level = \"info\""));
  EXPECT_THAT(printed, testing::ContainsRegex("server.listen = \"\\[::1\\]:99\" +# --set\n"));
  EXPECT_THAT(printed, testing::ContainsRegex(
                           "webhooks.retry_seconds = \\[0, 0.25\\] +# WAYPOST_WEBHOOKS__RETRY_SECONDS\n"));
  EXPECT_THAT(printed, testing::ContainsRegex("server.io_threads = 0 +# default\n"));

  const auto again = load(printed);
  ASSERT_TRUE(again) << again.error().front();
  EXPECT_EQ(again->config.queues.at("a \"b").concurrency, 3U);
  EXPECT_EQ(again->config.secrets.key_file, "tab\there");
  EXPECT_EQ(again->config.server.listen, loaded->config.server.listen);
  EXPECT_EQ(again->config.webhooks.retry, loaded->config.webhooks.retry);
}

/// The value that documentation shows for a key.
std::string shown_default(const Key& key) {
  return key.supported ? key.show(Config{}, "NAME").value_or("") : "";
}

TEST(ConfigDocumentation, TheReferenceFileListsEveryKeyWithItsDefault) {
  const std::string file = read_text(test::project_file("config/waypost.toml"));
  std::string section;
  for (const Key& key : config_keys()) {
    const auto dot = key.name.rfind('.');
    const std::string table = key.name.substr(0, dot);
    const bool is_named = table == "queues.NAME" || table == "operations.TYPE";
    const std::string header = key.supported && !is_named ? "[" + table + "]" : "# [" + table + "]";
    section = "\n" + header + "\n";
    const auto begin = file.find(section);
    ASSERT_NE(begin, std::string::npos) << "config/waypost.toml has no line " << header;
    const auto end = file.find("\n\n[", begin);
    const std::string value = shown_default(key);
    const std::string row =
        fmt::format("\n# {} = {}", key.name.substr(dot + 1), value.empty() ? "" : value + "\n");
    const std::string_view keys =
        std::string_view(file).substr(begin, end == std::string::npos ? end : end + 1 - begin);
    EXPECT_NE(keys.find(row), std::string_view::npos)
        << "config/waypost.toml lacks under " << header << ":" << row;
    EXPECT_NE(keys.find(key.text), std::string_view::npos)
        << "config/waypost.toml lacks for " << key.name << ": " << key.text;
  }
}

TEST(ConfigDocumentation, TheReferenceFileIsAccepted) {
  const auto loaded = load_config({.file = test::project_file("config/waypost.toml")});
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_THAT(loaded->origins, IsEmpty());
}

TEST(ConfigDocumentation, TheManualHasARowForEveryKey) {
  const std::string manual = read_text(test::project_file("docs/configuration.md"));
  for (const Key& key : config_keys()) {
    const std::string value = shown_default(key);
    const std::string row =
        fmt::format("| `{}` | {} | {} | {} |\n", key.name, value.empty() ? "none" : "`" + value + "`",
                    key.supported ? key.wanted : "not in this version", key.text);
    EXPECT_NE(manual.find(row), std::string::npos) << "docs/configuration.md lacks:\n" << row;
  }
}

}  // namespace
}  // namespace waypost::app
