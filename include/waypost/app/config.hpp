#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/base/log.hpp"

/// The configuration: a TOML file, then the environment, then flags. Every key stands once, in the table of
/// src/app/config_keys.cpp. Pure values; any thread.
namespace waypost::app {

/// `ADDR:PORT`, with an IPv6 address in brackets.
struct ListenAddress {
  std::string address = "127.0.0.1";  ///< without brackets
  std::uint16_t port = 8080;          ///< 0 picks a free one
  bool operator==(const ListenAddress&) const = default;
  std::string to_string() const;
  /// Nothing when `text` is not an IP address and a port. A host name is not an address.
  static std::optional<ListenAddress> parse(std::string_view text);
  bool is_loopback() const;
};

enum class AuthMode {
  automatic,  ///< loopback only until an API key exists, then a key is needed
  keys,       ///< a key is always needed
  none,       ///< whoever reaches the address may use the service
};

/// SQLite's `synchronous`.
enum class Synchronous {
  full,    ///< what was acknowledged survives a power cut
  normal,  ///< what was acknowledged survives a crash of the process, not a power cut
};

struct QueueConfig {
  std::optional<std::uint32_t> concurrency;  ///< jobs running at once; 0 holds the queue; none: no limit
  std::uint32_t concurrency_per_key = 1;
  std::optional<double> rate_per_second;  ///< starts a second; none: no limit
};

/// `operations.TYPE`, as written; app/config_operations.hpp reads it.
struct OperationConfig {
  std::optional<std::string> kind, url, method, description;
  std::map<std::string, std::string> headers;
  std::optional<std::string> schema;
  std::optional<std::uint32_t> timeout_seconds, max_attempts, concurrency;
};

/// The members' initial values are the defaults.
struct Config {
  std::filesystem::path data_dir = "var";

  struct Server {
    ListenAddress listen;
    std::uint32_t io_threads = 0;  ///< as written; 0 is one per core: see `thread_count`
    std::size_t max_connections = 10000;
    std::size_t max_connections_per_address = 10000;
    std::size_t max_body_bytes = 1 << 20;
    std::size_t max_bulk_bytes = 32 << 20;
    std::uint64_t max_manifest_bytes = std::uint64_t{10} << 30;
    std::size_t max_uri_bytes = 16384;
    std::size_t max_header_bytes = 32768;
    std::chrono::seconds header_timeout{10};
    std::chrono::seconds body_timeout{30};
    std::chrono::seconds idle_timeout{75};
    std::chrono::seconds shutdown{30};
  } server;

  struct Auth {
    AuthMode mode = AuthMode::automatic;
  } auth;

  struct Store {
    std::string url = "sqlite:waypost.db";
    Synchronous synchronous = Synchronous::full;
  } store;

  struct Workers {
    std::uint32_t threads = 0;  ///< as written; 0 is one per core: see `thread_count`
  } workers;

  std::map<std::string, QueueConfig, std::less<>> queues;
  std::map<std::string, OperationConfig, std::less<>> operations;

  struct Secrets {
    std::filesystem::path key_file = "secret.key";  ///< as written: see `secret_key_path`
  } secrets;

  struct Webhooks {
    /// The gaps between attempts, the first one before the first attempt.
    std::vector<std::chrono::milliseconds> retry{std::chrono::seconds(0),     std::chrono::seconds(5),
                                                 std::chrono::seconds(300),   std::chrono::seconds(1800),
                                                 std::chrono::seconds(7200),  std::chrono::seconds(18000),
                                                 std::chrono::seconds(36000), std::chrono::seconds(50400),
                                                 std::chrono::seconds(72000), std::chrono::seconds(86400)};
    std::chrono::seconds timeout{15};
    std::uint32_t max_in_flight = 256;
  } webhooks;

  struct Egress {
    std::vector<std::string> allow;  ///< CIDR blocks or exact host names; checked
    std::vector<std::string> deny;
    bool allow_private = false;
  } egress;

  struct Retention {
    std::chrono::seconds jobs{604800};
    std::chrono::seconds idempotency{86400};
  } retention;

  struct Log {
    log::Level level = log::Level::info;
    log::Format format = log::Format::text;
    bool access = false;
  } log;

  struct Tracing {
    std::optional<std::string> endpoint;  ///< of an OpenTelemetry collector; none: no traces
    double sample_ratio = 1;
    std::map<std::string, std::string> headers;  ///< as written: a value may be env:NAME or file:PATH
    std::string service_name = "waypost";
  } tracing;

  /// The SQLite file of `store.url`, within the data directory unless the URL's path is absolute.
  std::filesystem::path database_path() const;
  /// `secrets.key_file`, within the data directory unless absolute.
  std::filesystem::path secret_key_path() const;
};

/// `configured`, or one per core of this machine when that is 0.
std::uint32_t thread_count(std::uint32_t configured);

/// Where the values are taken from, weakest first.
struct ConfigSources {
  std::optional<std::filesystem::path> file;
  /// Names and values; those that do not start with WAYPOST_ are passed over.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> set;       ///< `KEY=VALUE` of each --set
  std::optional<std::string> listen;  ///< --listen
  std::optional<std::filesystem::path> data_dir;
};

struct LoadedConfig {
  Config config;
  /// Key as written in the documentation (`queues.default.concurrency`) to where its value came from:
  /// `waypost.toml:3`, `WAYPOST_SERVER__LISTEN`, `--set`. Keys at their default are absent.
  std::map<std::string, std::string, std::less<>> origins;
};

/// Reads and checks all of it. On failure: one line for each fault, naming its place, the key or value and
/// the remedy.
std::expected<LoadedConfig, std::vector<std::string>> load_config(const ConfigSources& sources);

/// The effective configuration as TOML, one `key = value  # origin` a line; reads back as a file.
std::string print_config(const LoadedConfig& loaded);

}  // namespace waypost::app
