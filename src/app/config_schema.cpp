#include <map>

#include "app/config_keys.hpp"
#include "waypost/base/json.hpp"

namespace waypost::app {
namespace {

/// A table of the file, or a key; the key's row is set for the latter.
struct Node {
  const Key* key = nullptr;
  std::map<std::string, Node, std::less<>> members;
};

Node tree_of_keys() {
  Node root;
  for (const Key& key : config_keys()) {
    if (!key.supported) continue;
    Node* place = &root;
    for (const auto segment : key.segments()) place = &place->members[std::string(segment)];
    place->key = &key;
  }
  return root;
}

void write_key(json::Writer& out, const Key& key) {
  static const Config defaults;
  std::string members = "{" + key.schema;
  json::Writer(members.append(R"(, "description": )")).string(key.text);
  // A default is written as TOML writes it, which for these values is JSON too.
  const auto value = key.show(defaults, "NAME");
  if (value && json::Document::parse(*value)) members += R"(, "default": )" + *value;
  out.raw(members + "}");
}

void write(json::Writer& out, const Node& node) {
  if (node.key != nullptr) return write_key(out, *node.key);
  out.begin_object().field("type", "object");
  const auto wildcard =
      std::ranges::find_if(node.members, [](const auto& member) { return is_wildcard(member.first); });
  if (wildcard != node.members.end()) {
    write(out.key("additionalProperties"), wildcard->second);
  } else {
    out.key("properties").begin_object();
    for (const auto& [name, member] : node.members) write(out.key(name), member);
    out.end_object().field("additionalProperties", false);
  }
  out.end_object();
}

}  // namespace

std::string config_schema() {
  std::string tree;
  json::Writer writer(tree);
  write(writer, tree_of_keys());
  std::string schema =
      R"({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Waypost's configuration", )";
  return schema + tree.substr(1);
}

}  // namespace waypost::app
