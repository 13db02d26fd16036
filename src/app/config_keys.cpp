#include "app/config_keys.hpp"

#include "app/config_types.hpp"
#include "waypost/base/text.hpp"
#include "waypost/trace/exporter.hpp"

namespace waypost::app {
namespace {

template <class T>
Key describe_key(std::string_view name, const Type<T>& type, std::string_view text) {
  return {
      .name = std::string(name), .wanted = type.wanted, .text = std::string(text), .is_text = type.is_text};
}

/// A key whose value is `config.*group.*member`.
template <class Group, class T>
Key key(std::string_view name, Group Config::* group, T Group::* member,
        const std::type_identity_t<Type<T>>& type, std::string_view text) {
  Key row = describe_key(name, type, text);
  row.assign = [=](Config& config, const std::string&, const Value& value) {
    auto read = type.read(value);
    if (read) config.*group.*member = std::move(*read);
    return read.has_value();
  };
  row.show = [=](const Config& config, const std::string&) { return type.show(config.*group.*member); };
  return row;
}

/// A key of `queues.NAME`.
template <class T>
Key queue_key(std::string_view name, T QueueConfig::* member, const std::type_identity_t<Type<T>>& type,
              std::string_view text) {
  Key row = describe_key(name, type, text);
  row.assign = [=](Config& config, const std::string& queue, const Value& value) {
    auto read = type.read(value);
    if (read) config.queues[queue].*member = std::move(*read);
    return read.has_value();
  };
  row.show = [=](const Config& config, const std::string& queue) {
    const auto found = config.queues.find(queue);
    return type.show((found == config.queues.end() ? QueueConfig{} : found->second).*member);
  };
  return row;
}

/// A key of `operations.TYPE`.
template <class T>
Key operation_key(std::string_view name, T OperationConfig::* member,
                  const std::type_identity_t<Type<T>>& type, std::string_view text) {
  Key row = describe_key(name, type, text);
  row.assign = [=](Config& config, const std::string& operation, const Value& value) {
    auto read = type.read(value);
    if (read) config.operations[operation].*member = std::move(*read);
    return read.has_value();
  };
  row.show = [=](const Config& config, const std::string& operation) {
    const auto found = config.operations.find(operation);
    return type.show((found == config.operations.end() ? OperationConfig{} : found->second).*member);
  };
  return row;
}

/// A key of the contract that this version does not have.
Key unsupported(std::string_view name, std::string_view text) {
  return {.name = std::string(name), .text = std::string(text), .supported = false};
}

Type<ListenAddress> listen_address() {
  return text_value<ListenAddress>(
      "ADDR:PORT with an IP address, such as \"127.0.0.1:8080\" or \"[::1]:8080\"",
      [](const std::string& value) { return ListenAddress::parse(value); },
      [](const ListenAddress& value) { return value.to_string(); });
}

Type<std::string> store_url() {
  return text_value<std::string>(
      "sqlite:PATH, such as \"sqlite:waypost.db\"; other stores are not supported by this version",
      [](const std::string& value) -> std::optional<std::string> {
        if (!value.starts_with("sqlite:") || value.size() == std::string_view("sqlite:").size())
          return std::nullopt;
        return value;
      },
      [](const std::string& value) { return value; });
}

Type<std::filesystem::path> path() {
  return text_value<std::filesystem::path>(
      "a file name",
      [](const std::string& value) -> std::optional<std::filesystem::path> {
        if (value.empty()) return std::nullopt;
        return value;
      },
      [](const std::filesystem::path& value) { return value.string(); });
}

Type<std::vector<std::string>> egress_entries() {
  const auto entry = text_value<std::string>(
      "", [](const std::string& value) { return std::optional(value); },
      [](const std::string& value) { return value; });
  return list("a list of CIDR blocks and exact host names, such as [\"10.0.0.0/8\", \"hooks.internal\"]",
              entry, 0, 10000);
}

Type<std::vector<std::chrono::milliseconds>> retry_gaps() {
  const auto gap = number(0, 2592000);
  const Type<std::chrono::milliseconds> element{
      .read = [gap](const Value& value) -> std::optional<std::chrono::milliseconds> {
        const auto read = gap.read(value);
        if (!read) return std::nullopt;
        return std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(*read));
      },
      .show =
          [gap](const std::chrono::milliseconds& value) {
            return gap.show(std::chrono::duration<double>(value).count());
          }};
  return list("a list of 1 to 100 numbers of seconds from 0 to 2592000", element, 1, 100);
}

Type<std::string> any_text(std::string wanted) {
  return text_value<std::string>(
      std::move(wanted), [](const std::string& value) { return std::optional(value); },
      [](const std::string& value) { return value; });
}

Type<std::string> collector_url() {
  return text_value<std::string>(
      "an http or https URL, such as \"http://localhost:4318\"",
      [](const std::string& value) -> std::optional<std::string> {
        if (!trace::traces_url(value)) return std::nullopt;
        return value;
      },
      [](const std::string& value) { return value; });
}

Type<std::map<std::string, std::string>> text_table() {
  return {.wanted = "a table of strings, such as { Authorization = \"env:TOKEN\" }",
          .read = [](const Value& value) -> std::optional<std::map<std::string, std::string>> {
            const auto* table = std::get_if<Value::Table>(&value.content);
            if (table == nullptr) return std::nullopt;
            std::map<std::string, std::string> out;
            for (const auto& [name, element] : *table) {
              const auto* string = std::get_if<std::string>(&element.content);
              if (string == nullptr) return std::nullopt;
              out.emplace(name, *string);
            }
            return out;
          },
          .show = [](const std::map<std::string, std::string>& values) -> std::optional<std::string> {
            if (values.empty()) return std::nullopt;
            std::string out;
            for (const auto& [name, value] : values)
              out += (out.empty() ? "" : ", ") + join_key({name}) + " = " + quote_toml(value);
            return "{ " + out + " }";
          }};
}

std::vector<Key> make_table() {
  using C = Config;
  constexpr std::int64_t mib = 1 << 20;
  constexpr std::int64_t gib = 1 << 30;
  return {
      key("server.listen", &C::server, &C::Server::listen, listen_address(),
          "Where to serve; port 0 picks a free one, [::1]:8080 is IPv6."),
      key("server.io_threads", &C::server, &C::Server::io_threads, integer<std::uint32_t>(0, 1024),
          "Threads that serve connections; 0 is one per core."),
      key("server.max_connections", &C::server, &C::Server::max_connections, integer<std::size_t>(1, 1000000),
          "Connections open at once; a further one gets 503."),
      key("server.max_connections_per_address", &C::server, &C::Server::max_connections_per_address,
          integer<std::size_t>(1, 1000000),
          "The same of one IPv4 address, or of one IPv6 /64: 429; lower it where no proxy stands in front."),
      key("server.max_body_bytes", &C::server, &C::Server::max_body_bytes, integer<std::size_t>(1024, gib),
          "Largest request body, inflated; past it 413."),
      key("server.max_bulk_bytes", &C::server, &C::Server::max_bulk_bytes, integer<std::size_t>(1024, gib),
          "Largest body of a bulk submission; past it 413."),
      key("server.max_manifest_bytes", &C::server, &C::Server::max_manifest_bytes,
          integer<std::uint64_t>(1024, 1024 * 1024 * mib),
          "Largest manifest, as sent and inflated; past it 413."),
      key("server.max_uri_bytes", &C::server, &C::Server::max_uri_bytes, integer<std::size_t>(256, mib),
          "Longest request target; past it 414."),
      key("server.max_header_bytes", &C::server, &C::Server::max_header_bytes,
          integer<std::size_t>(1024, 4 * mib),
          "Largest request head, request line and headers together; past it 431."),
      key("server.header_timeout_seconds", &C::server, &C::Server::header_timeout, seconds(1, 86400),
          "How long a request head may take to arrive; past it 408."),
      key("server.body_timeout_seconds", &C::server, &C::Server::body_timeout, seconds(1, 86400),
          "How long a body may pause while it is read or written."),
      key("server.idle_timeout_seconds", &C::server, &C::Server::idle_timeout, seconds(1, 86400),
          "How long a kept-alive connection may be silent."),
      key("server.shutdown_seconds", &C::server, &C::Server::shutdown, seconds(0, 86400),
          "How long a drain waits for running jobs before it hands them back."),
      unsupported("server.tls.certificate", "The PEM file of the certificate chain to serve HTTPS with."),
      unsupported("server.tls.key", "The PEM file of the certificate's private key."),
      key("auth.mode", &C::auth, &C::Auth::mode,
          choice<AuthMode>(
              {{"auto", AuthMode::automatic}, {"keys", AuthMode::keys}, {"none", AuthMode::none}}),
          "auto serves loopback only until an API key exists, then asks for one; keys always asks; none "
          "never does."),
      key("store.url", &C::store, &C::Store::url, store_url(),
          "Where jobs are kept; a relative path lies in the data directory."),
      key("store.synchronous", &C::store, &C::Store::synchronous,
          choice<Synchronous>({{"full", Synchronous::full}, {"normal", Synchronous::normal}}),
          "full: what was answered survives a power cut; normal: only a crash of the process."),
      key("workers.threads", &C::workers, &C::Workers::threads, integer<std::uint32_t>(0, 1024),
          "Threads that geocode and run batches; 0 is one per core."),
      queue_key("queues.NAME.concurrency", &QueueConfig::concurrency,
                maybe(integer<std::uint32_t>(0, 1000000)),
                "Jobs of the queue that run at once; 0 holds the queue; unset: no limit."),
      queue_key("queues.NAME.concurrency_per_key", &QueueConfig::concurrency_per_key,
                integer<std::uint32_t>(1, 1000000), "Jobs with one concurrency_key that run at once."),
      queue_key("queues.NAME.rate_per_second", &QueueConfig::rate_per_second, maybe(number(0.001, 1000000)),
                "Jobs of the queue started a second; unset: no limit."),
      operation_key("operations.TYPE.kind", &OperationConfig::kind, maybe(any_text("\"http\"")),
                    "How the operation runs: http, called for each job or row."),
      operation_key("operations.TYPE.url", &OperationConfig::url, maybe(any_text("an http or https URL")),
                    "Where it is called."),
      operation_key("operations.TYPE.method", &OperationConfig::method, maybe(any_text("an HTTP method")),
                    "How it is called; POST unless given."),
      operation_key("operations.TYPE.headers", &OperationConfig::headers, text_table(),
                    "Headers of its calls; a value may be env:NAME or file:PATH, to keep secrets elsewhere."),
      operation_key("operations.TYPE.schema", &OperationConfig::schema,
                    maybe(any_text("a JSON Schema as text, or file:PATH")),
                    "The JSON Schema (draft 7) that its payloads are held to; any payload without one."),
      operation_key("operations.TYPE.timeout_seconds", &OperationConfig::timeout_seconds,
                    maybe(integer<std::uint32_t>(1, 86400)), "timeout_seconds of jobs that do not say."),
      operation_key("operations.TYPE.max_attempts", &OperationConfig::max_attempts,
                    maybe(integer<std::uint32_t>(1, 100)), "max_attempts of jobs that do not say."),
      operation_key("operations.TYPE.concurrency", &OperationConfig::concurrency,
                    maybe(integer<std::uint32_t>(1, 100000)),
                    "Calls at once, of jobs and rows of batches together; unset: no limit."),
      operation_key("operations.TYPE.description", &OperationConfig::description, maybe(any_text("a text")),
                    "One sentence for GET /v1/operations."),
      unsupported("s3.endpoint", "The S3-compatible store of manifests and reports."),
      unsupported("s3.region", "Its region."),
      unsupported("s3.credentials_file", "The file with its credentials."),
      key("secrets.key_file", &C::secrets, &C::Secrets::key_file, path(),
          "The key that encrypts every secret at rest, made at first start; relative to the data directory."),
      key("webhooks.retry_seconds", &C::webhooks, &C::Webhooks::retry, retry_gaps(),
          "The gap before each attempt, the first one's included; the list's length is the number of "
          "attempts."),
      key("webhooks.timeout_seconds", &C::webhooks, &C::Webhooks::timeout, seconds(1, 300),
          "How long a receiver may take to answer."),
      key("webhooks.max_in_flight", &C::webhooks, &C::Webhooks::max_in_flight,
          integer<std::uint32_t>(1, 100000), "Deliveries under way at once."),
      key("egress.allow", &C::egress, &C::Egress::allow, egress_entries(),
          "Blocks and hosts that webhooks and HTTP operations may reach although they are private or "
          "forbidden."),
      key("egress.deny", &C::egress, &C::Egress::deny, egress_entries(),
          "Blocks and hosts they may never reach; beats every other setting."),
      key("egress.allow_private", &C::egress, &C::Egress::allow_private, boolean(),
          "Opens the private networks (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7)."),
      key("retention.jobs_seconds", &C::retention, &C::Retention::jobs, seconds(0, 31536000),
          "How long an ended job is kept, unless it says otherwise itself."),
      key("retention.idempotency_seconds", &C::retention, &C::Retention::idempotency, seconds(1, 31536000),
          "How long an idempotency key is remembered."),
      key("log.level", &C::log, &C::Log::level,
          choice<log::Level>({{"debug", log::Level::debug},
                              {"info", log::Level::info},
                              {"warn", log::Level::warn},
                              {"error", log::Level::error},
                              {"off", log::Level::off}}),
          "The least severe lines that are written to stderr."),
      key("log.format", &C::log, &C::Log::format,
          choice<log::Format>({{"text", log::Format::text}, {"json", log::Format::json}}),
          "text for people, json for machines: one object a line."),
      key("log.access", &C::log, &C::Log::access, boolean(),
          "A line for each request, whatever log.level is."),
      key("tracing.endpoint", &C::tracing, &C::Tracing::endpoint, maybe(collector_url()),
          "Where an OpenTelemetry collector takes traces: OTLP/HTTP with JSON, posted to /v1/traces below "
          "it; unset: "
          "no traces."),
      key("tracing.sample_ratio", &C::tracing, &C::Tracing::sample_ratio, number(0, 1),
          "The share of traces that begin here and are kept; a client's traceparent decides for its own."),
      key("tracing.headers", &C::tracing, &C::Tracing::headers, text_table(),
          "Headers for the collector; a value may be env:NAME or file:PATH, to keep secrets elsewhere."),
      key("tracing.service_name", &C::tracing, &C::Tracing::service_name, any_text("a text"),
          "What the service is called in traces."),
  };
}

bool is_bare(std::string_view segment) {
  return !segment.empty() && segment.find_first_not_of(
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789_-") == std::string_view::npos;
}

}  // namespace

std::optional<double> as_number(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value.content)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&value.content)) return *number;
  return std::nullopt;
}

const std::vector<Key>& config_keys() {
  static const std::vector<Key> table = make_table();
  return table;
}

bool is_wildcard(std::string_view segment) {
  return segment == "NAME" || segment == "TYPE";
}

std::vector<std::string_view> Key::segments() const {
  return text::split(name, '.');
}

std::string Key::variable() const {
  std::string out = "WAYPOST";
  for (const std::string_view segment : segments()) {
    out += out == "WAYPOST" ? "_" : "__";
    for (const char c : segment) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

std::string quote_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string join_key(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& segment : path) {
    if (!out.empty()) out += '.';
    out += is_bare(segment) ? segment : quote_toml(segment);
  }
  return out;
}

}  // namespace waypost::app
