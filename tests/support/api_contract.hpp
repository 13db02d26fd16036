#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/net_raw_client.hpp"

namespace waypost::test {

/// Holds answers to an OpenAPI document: status, headers, media type and body of each must be described. Any
/// thread.
class ApiContract {
 public:
  /// Throws when it is no JSON.
  explicit ApiContract(std::string_view document);
  ~ApiContract();
  /// That of the service in this program.
  static ApiContract& ours();

  /// What of an answer to this request is other than described, in words; nothing when the target is no
  /// described path.
  std::vector<std::string> faults(std::string_view method, std::string_view target,
                                  const RawResponse& response);
  /// What of `value` is other than the schema says. References lead into the document.
  std::vector<std::string> mismatches(const nlohmann::json& schema, const nlohmann::json& value);

  const nlohmann::json& document() const { return document_; }
  /// The value itself, or what its `$ref` names.
  const nlohmann::json& resolved(const nlohmann::json& value) const;

 private:
  struct Impl;
  const nlohmann::json* operation(std::string_view method, std::string_view path) const;
  void check_headers(const nlohmann::json& described, const RawResponse& response,
                     std::vector<std::string>& faults) const;
  void check_body(const nlohmann::json& described, const RawResponse& response,
                  std::vector<std::string>& faults);

  nlohmann::json document_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::test
