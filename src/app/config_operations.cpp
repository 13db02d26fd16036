#include "app/config_operations.hpp"

#include "app/config_secret.hpp"
#include "waypost/base/json.hpp"

namespace waypost::app {
namespace {

/// The definition as the API would have it.
class Definition {
 public:
  explicit Definition(std::vector<OperationFault>& faults) : faults_(faults) {}

  std::string of(const OperationConfig& config) {
    out_.begin_object();
    text("kind", config.kind);
    text("url", config.url);
    text("method", config.method);
    text("description", config.description);
    headers(config.headers);
    if (config.schema) schema(*config.schema);
    number("timeout_seconds", config.timeout_seconds);
    number("max_attempts", config.max_attempts);
    number("concurrency", config.concurrency);
    out_.end_object();
    return std::move(body_);
  }

 private:
  void text(std::string_view name, const std::optional<std::string>& value) {
    if (value) out_.field(name, *value);
  }
  void number(std::string_view name, const std::optional<std::uint32_t>& value) {
    if (value) out_.field(name, static_cast<std::int64_t>(*value));
  }
  void headers(const std::map<std::string, std::string>& headers) {
    out_.key("headers").begin_object();
    for (const auto& [name, value] : headers) {
      const auto opened = open_secret(value);
      if (!opened) faults_.push_back({"headers", name + ": " + opened.error().message});
      out_.field(name, opened.value_or(""));
    }
    out_.end_object();
  }
  void schema(const std::string& value) {
    const auto text = value.starts_with("file:") ? open_secret(value) : Result<std::string>(value);
    const auto document =
        text ? json::Document::parse(*text) : Result<json::Document>(std::unexpected(text.error()));
    if (!document) faults_.push_back({"schema", document.error().message});
    out_.key("schema").raw(document ? document->root().raw() : "{}");
  }

  std::vector<OperationFault>& faults_;
  std::string body_;
  json::Writer out_{body_};
};

/// "/headers/X-A" → the key "headers" and what of it.
OperationFault fault_of(const Fault& fault) {
  const std::string pointer = fault.pointer.value_or("");
  const std::size_t end = pointer.find('/', 1);
  const std::string key = pointer.empty() ? "" : pointer.substr(1, end == std::string::npos ? end : end - 1);
  const std::string within = end == std::string::npos ? "" : pointer.substr(end + 1) + ": ";
  return {key, within + fault.detail};
}

}  // namespace

std::optional<operation::CustomOperation> read_operation(const std::string& type,
                                                         const OperationConfig& config,
                                                         const net::EgressPolicy& policy,
                                                         std::vector<OperationFault>& faults) {
  if (!operation::is_operation_type(type))
    faults.push_back({"", "an operation's type has 1 to 100 letters, digits, '.', '_' and '-'"});
  const std::string text = Definition(faults).of(config);
  const auto document = json::Document::parse(text);
  if (!document) {
    faults.push_back({"", document.error().message});
    return {};
  }
  std::vector<Fault> found;
  auto operation = operation::read_definition(type, document->root(), policy, found);
  for (const Fault& fault : found) faults.push_back(fault_of(fault));
  return faults.empty() ? std::move(operation) : std::nullopt;
}

}  // namespace waypost::app
