#include <toml++/toml.h>

#include <cerrno>
#include <system_error>

#include "app/config_keys.hpp"
#include "app/config_operations.hpp"
#include "app/config_secret.hpp"
#include "waypost/base/text.hpp"
#include "waypost/net/egress.hpp"
#include "waypost/trace/exporter.hpp"

namespace waypost::app {
namespace {

using Path = std::vector<std::string>;

/// Variables that start with WAYPOST_ and are no keys.
constexpr std::array<std::string_view, 4> other_variables{"WAYPOST_DATA", "WAYPOST_SERVER", "WAYPOST_KEY",
                                                          "WAYPOST_WEBHOOK_SECRET"};

std::optional<Value> to_value(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return Value{flag->get()};
  if (const auto* whole = node.as_integer()) return Value{whole->get()};
  if (const auto* number = node.as_floating_point()) return Value{number->get()};
  if (const auto* string = node.as_string()) return Value{string->get()};
  if (const auto* table = node.as_table()) {
    Value::Table members;
    for (const auto& [name, member] : *table) {
      auto value = to_value(member);
      if (!value) return std::nullopt;
      members.push_back({std::string(name.str()), std::move(*value)});
    }
    return Value{std::move(members)};
  }
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<Value> elements;
  for (const toml::node& element : *array) {
    auto value = to_value(element);
    if (!value) return std::nullopt;
    elements.push_back(std::move(*value));
  }
  return Value{std::move(elements)};
}

std::string show_value(const Value& value) {
  if (const auto* string = std::get_if<std::string>(&value.content)) return quote_toml(*string);
  if (const auto* flag = std::get_if<bool>(&value.content)) return *flag ? "true" : "false";
  if (std::holds_alternative<Value::Table>(value.content)) return "a table";
  const auto* elements = std::get_if<std::vector<Value>>(&value.content);
  if (elements == nullptr) return fmt::format("{}", as_number(value).value_or(0));
  std::string out;
  for (const Value& element : *elements) out += (out.empty() ? "" : ", ") + show_value(element);
  return "[" + out + "]";
}

std::string show_node(const toml::node& node) {
  const auto value = to_value(node);
  return value ? show_value(*value) : node.is_table() ? "a table" : "a date or a table within a list";
}

/// The text of a flag or variable as a value; a string needs no quotes where a string is wanted.
std::optional<Value> parse_value(const std::string& text, bool is_text) {
  const bool quoted = text.starts_with('"') || text.starts_with('\'');
  if (is_text && !quoted) return Value{text};
  try {
    const toml::table table = toml::parse("value = " + text);
    const toml::node* node = table.get("value");
    if (node == nullptr || table.size() != 1) return std::nullopt;
    return to_value(*node);
  } catch (const toml::parse_error&) {
    return std::nullopt;  // the caller says what would be right
  }
}

/// The path of a dotted TOML key.
std::optional<Path> parse_path(const std::string& key) {
  try {
    const toml::table table = toml::parse(key + " = 0");
    Path path;
    for (const toml::node* node = &table; node->is_table();) {
      if (node->as_table()->size() != 1) return std::nullopt;
      const auto& [name, child] = *node->as_table()->begin();
      path.emplace_back(name.str());
      node = &child;
    }
    return path;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

/// Whether the first segments of a key are those of `path`.
bool covers(const Key& key, const Path& path) {
  const auto segments = key.segments();
  return path.size() <= segments.size() && std::equal(path.begin(), path.end(), segments.begin(),
                                                      [](const std::string& own, std::string_view known) {
                                                        return is_wildcard(known) || own == known;
                                                      });
}

const Key* find_key(const Path& path) {
  const auto found = std::ranges::find_if(config_keys(), [&](const Key& key) {
    return key.segments().size() == path.size() && covers(key, path);
  });
  return found == config_keys().end() ? nullptr : &*found;
}

/// Whether `path` holds keys and is none itself.
bool is_group(const Path& path) {
  return find_key(path) == nullptr &&
         std::ranges::any_of(config_keys(), [&](const Key& key) { return covers(key, path); });
}

/// What stands for NAME in a path to `key`.
std::string wildcard_of(const Key& key, const Path& path) {
  const auto segments = key.segments();
  const auto found = std::ranges::find_if(segments, is_wildcard);
  return found == segments.end() ? std::string() : path[static_cast<std::size_t>(found - segments.begin())];
}

/// The known key, or group of keys, that the author of `path` may have meant.
std::optional<std::string> nearest_key(const Path& path) {
  std::set<std::string> candidates;
  for (const Key& key : config_keys()) {
    const auto segments = key.segments();
    if (segments.back() == path.back()) return key.name;  // the right name in the wrong group
    Path candidate;
    for (std::size_t i = 0; i < std::min(path.size(), segments.size()); ++i) {
      candidate.emplace_back(is_wildcard(segments[i]) ? std::string_view(path[i]) : segments[i]);
    }
    candidates.insert(join_key(candidate));
  }
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return text::nearest(join_key(path), views);
}

/// Takes the values of one source after the other over, and collects every fault.
class Loader {
 public:
  explicit Loader(const ConfigSources& sources) : sources_(sources) {}

  std::expected<LoadedConfig, std::vector<std::string>> run() {
    read_opentelemetry();
    if (sources_.file) read_file(*sources_.file);
    read_environment();
    for (const std::string& assignment : sources_.set) read_assignment(assignment);
    if (sources_.listen) assign({"server", "listen"}, Value{*sources_.listen}, *sources_.listen, "--listen");
    if (sources_.data_dir) set_data_dir(*sources_.data_dir, "--data-dir");
    if (faults_.empty()) check_together();
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return std::move(loaded_);
  }

 private:
  void fault(std::string_view place, std::string_view what) {
    faults_.push_back(fmt::format("{}: {}", place, what));
  }

  void read_file(const std::filesystem::path& file) {
    std::error_code directory_error;
    if (std::filesystem::is_directory(file, directory_error)) {
      return fault(file.string(), "is a directory, not a configuration file");
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      const std::string reason = std::generic_category().message(errno);
      return fault(file.string(), fmt::format("cannot read the configuration file: {}", reason));
    }
    try {
      read_table(toml::parse(stream, file.string()), file.string());
    } catch (const toml::parse_error& error) {
      const auto& at = error.source().begin;
      fault(fmt::format("{}:{}:{}", file.string(), at.line, at.column), error.description());
    }
  }

  /// A key of the file and its value, in the order of the lines.
  struct Entry {
    toml::source_position at;
    Path path;
    const toml::node* node;
  };

  static void collect(const toml::table& table, const Path& prefix, std::vector<Entry>& entries) {
    for (const auto& [name, node] : table) {
      Path path = prefix;
      path.emplace_back(name.str());
      if (node.is_table() && is_group(path)) {
        collect(*node.as_table(), path, entries);
      } else {
        entries.push_back({.at = name.source().begin, .path = std::move(path), .node = &node});
      }
    }
  }

  void read_table(const toml::table& table, const std::string& file) {
    std::vector<Entry> entries;
    collect(table, {}, entries);
    std::ranges::sort(entries, [](const Entry& a, const Entry& b) { return a.at < b.at; });
    for (const Entry& entry : entries) {
      const std::string place = fmt::format("{}:{}", file, entry.at.line);
      if (is_group(entry.path)) {
        fault(place,
              fmt::format("{} = {} must be a table of keys", join_key(entry.path), show_node(*entry.node)));
      } else {
        assign(entry.path, to_value(*entry.node), show_node(*entry.node), place);
      }
    }
  }

  /// The variables that every program with OpenTelemetry takes; our own keys, wherever they stand, beat them.
  void read_opentelemetry() {
    for (const auto& [variable, value] : sources_.environment) {
      if (value.empty()) continue;  // as good as unset, says the specification
      if (variable == "OTEL_EXPORTER_OTLP_ENDPOINT")
        assign({"tracing", "endpoint"}, Value{value}, value, variable);
      else if (variable == "OTEL_SERVICE_NAME")
        assign({"tracing", "service_name"}, Value{value}, value, variable);
      else if (variable == "OTEL_EXPORTER_OTLP_HEADERS")
        read_opentelemetry_headers(variable, value);
    }
  }

  void read_opentelemetry_headers(const std::string& variable, const std::string& value) {
    const auto fields = trace::parse_headers(value);
    if (!fields) return fault(variable, fields.error().message);
    Value::Table table;
    for (const auto& [name, content] : *fields) table.push_back({name, Value{content}});
    assign({"tracing", "headers"}, Value{std::move(table)}, "(secret)", variable);
  }

  void read_environment() {
    for (const auto& [variable, value] : sources_.environment) {
      if (!variable.starts_with("WAYPOST_")) continue;
      if (variable == "WAYPOST_DATA") {
        set_data_dir(value, variable);
      } else if (std::ranges::count(other_variables, variable) == 0) {
        read_variable(variable, value);
      }
    }
  }

  /// WAYPOST_QUEUES__MAIL__CONCURRENCY is queues.mail.concurrency.
  void read_variable(const std::string& variable, const std::string& value) {
    Path path{""};
    const std::string name =
        text::lower_ascii(std::string_view(variable).substr(std::string_view("WAYPOST_").size()));
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (name.compare(i, 2, "__") == 0) {
        path.emplace_back();
        ++i;
      } else {
        path.back() += name[i];
      }
    }
    const Key* key = find_key(path);
    if (key != nullptr) return assign(path, parse_value(value, key->is_text), value, variable);
    std::vector<std::string> known(other_variables.begin(), other_variables.end());
    for (const Key& one : config_keys()) known.push_back(one.variable());
    const std::vector<std::string_view> views(known.begin(), known.end());
    const auto meant = text::nearest(variable, views);
    fault(variable,
          "unknown variable; " + (meant ? fmt::format("did you mean {}?", *meant)
                                        : "names that start with WAYPOST_ are keys of the configuration"));
  }

  void read_assignment(const std::string& assignment) {
    const std::size_t equals = assignment.find('=');
    const std::string place = "--set " + assignment;
    if (equals == std::string::npos)
      return fault(place, "must be KEY=VALUE, such as server.max_connections=100");
    const std::string value(text::trim(std::string_view(assignment).substr(equals + 1)));
    const auto path = parse_path(assignment.substr(0, equals));
    if (!path) return fault(place, "the part before = is no key, such as server.max_connections");
    const Key* key = find_key(*path);
    assign(*path, key == nullptr ? std::nullopt : parse_value(value, key->is_text), value, "--set");
  }

  void assign(const Path& path, const std::optional<Value>& value, const std::string& shown,
              const std::string& place) {
    const std::string name = join_key(path);
    const Key* key = find_key(path);
    if (key == nullptr) {
      const auto meant = nearest_key(path);
      return fault(place, "unknown key " + name + (meant ? fmt::format("; did you mean {}?", *meant) : ""));
    }
    if (!key->supported) {
      return fault(place, name + " is not supported by this version; remove it to start without");
    }
    if (!value || !key->assign(loaded_.config, wildcard_of(*key, path), *value)) {
      return fault(place, fmt::format("{} = {} must be {}", name, shown, key->wanted));
    }
    loaded_.origins[name] = place;
  }

  void set_data_dir(const std::filesystem::path& directory, const std::string& place) {
    if (directory.empty()) return fault(place, "the data directory has no name");
    loaded_.config.data_dir = directory;
    loaded_.origins["data_dir"] = place;
  }

  std::string origin(std::string_view key) const {
    const auto found = loaded_.origins.find(key);
    return found == loaded_.origins.end() ? "default" : found->second;
  }

  /// What no key shows on its own.
  void check_together() {
    const Config& config = loaded_.config;
    if (config.server.max_uri_bytes > config.server.max_header_bytes) {
      fault(origin("server.max_header_bytes"),
            fmt::format("server.max_header_bytes = {} must be at least server.max_uri_bytes = {}",
                        config.server.max_header_bytes, config.server.max_uri_bytes));
    }
    check_egress("egress.allow", config.egress.allow);
    check_egress("egress.deny", config.egress.deny);
    for (const auto& [name, value] : config.tracing.headers)
      if (const auto opened = open_secret(value); !opened)
        fault(origin("tracing.headers"),
              fmt::format("tracing.headers: {}: {}", name, opened.error().message));
    if (faults_.empty()) check_operations();
  }

  void check_egress(std::string_view key, const std::vector<std::string>& entries) {
    for (const std::string& entry : entries) {
      const auto policy = net::EgressPolicy::make({entry}, {}, false);
      if (!policy) fault(origin(key), fmt::format("{}: {}", key, policy.error().message));
    }
  }

  void check_operations() {
    const auto& egress = loaded_.config.egress;
    const auto policy = net::EgressPolicy::make(egress.allow, egress.deny, egress.allow_private);
    for (const auto& [type, operation] : loaded_.config.operations) {
      std::vector<OperationFault> found;
      read_operation(type, operation, *policy, found);
      for (const auto& [key, message] : found) {
        const std::string group = join_key({"operations", type});
        const std::string name = key.empty() ? group : group + "." + key;
        fault(origin_within(name, group + "."), name + ": " + message);
      }
    }
  }

  /// Where a key stands, or else the first of its group.
  std::string origin_within(std::string_view key, std::string_view group) const {
    if (loaded_.origins.contains(key)) return origin(key);
    const auto first = loaded_.origins.lower_bound(group);
    return first != loaded_.origins.end() && first->first.starts_with(group) ? first->second : origin(key);
  }

  const ConfigSources& sources_;
  LoadedConfig loaded_;
  std::vector<std::string> faults_;
};

}  // namespace

std::expected<LoadedConfig, std::vector<std::string>> load_config(const ConfigSources& sources) {
  return Loader(sources).run();
}

}  // namespace waypost::app
