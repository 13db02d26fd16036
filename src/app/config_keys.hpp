#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "waypost/app/config.hpp"

/// The table of configuration keys: parsing, printing, messages and the checks on the documentation are made
/// from it.
namespace waypost::app {

/// A TOML value of the kinds that the configuration uses.
struct Value {
  struct Member;
  using Table = std::vector<Member>;
  std::variant<bool, std::int64_t, double, std::string, std::vector<Value>, Table> content;
};
struct Value::Member {
  std::string name;
  Value value;
};

/// The number, written with or without a fraction.
std::optional<double> as_number(const Value& value);

/// One key. `NAME` and `TYPE` in the name stand for any segment.
struct Key {
  std::string name;        ///< "server.listen", "queues.NAME.concurrency"
  std::string wanted;      ///< completes "must be …": "an integer from 0 to 1024"
  std::string text;        ///< one sentence for the documentation
  bool is_text = false;    ///< the environment and --set need no quotes
  bool is_secret = false;  ///< its value is never shown
  std::string schema;      ///< members of its JSON Schema: "type": "integer", "minimum": 0
  /// Known to the contract, not built: a value is refused, so that nobody believes it has an effect.
  bool supported = true;
  /// Takes the value over when it is as `wanted`; `segment` is what stands for NAME.
  std::function<bool(Config&, const std::string& segment, const Value&)> assign;
  /// The current value as TOML; nothing when there is none.
  std::function<std::optional<std::string>(const Config&, const std::string& segment)> show;

  /// Gives `to` the value of `from`.
  std::function<void(Config& to, const Config& from, const std::string& segment)> copy;

  std::vector<std::string_view> segments() const;
  /// The environment variable, with NAME for a wildcard: WAYPOST_SERVER__LISTEN.
  std::string variable() const;
};

bool is_wildcard(std::string_view segment);

/// In the order of the documentation.
const std::vector<Key>& config_keys();

/// What stands for a key's wildcard in a configuration: the names of its queues or operations; for a key
/// without one the empty name alone.
std::vector<std::string> names_of(const Config& config, const Key& key);
/// The key with its wildcard filled in, as documentation and messages write it.
std::string name_of(const Key& key, const std::string& segment);

/// `text` as a TOML string.
std::string quote_toml(std::string_view text);
/// A key's segments joined by dots, those that are no bare TOML keys quoted.
std::string join_key(const std::vector<std::string>& path);

}  // namespace waypost::app
