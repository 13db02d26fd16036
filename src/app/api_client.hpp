#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/net/http.hpp"

namespace waypost::app {

struct ApiRequest {
  std::string method = "GET";
  std::string target;
  std::vector<net::Field> fields;
  std::string body;
  std::optional<std::filesystem::path> file;  ///< sent as the body, piece by piece, in place of `body`
  std::chrono::seconds timeout{30};           ///< without progress
};

struct ApiResponse {
  int status = 0;
  std::vector<net::Field> fields;
  std::string body;
  /// The first value of a header, "" when absent.
  std::string_view field(std::string_view name) const;
};

/// A blocking HTTP client for the command line: one connection for each request. One thread.
class ApiClient {
 public:
  /// Whom to believe that it is the server: whoever has a certificate for its name from an authority that
  /// this machine knows, or whoever listens at that address of this very machine, whatever its certificate.
  enum class Trust { authorities, this_machine };

  /// `server` is an http or https URL, with a path when the service stands under one; `key` may be "". Of
  /// `this_machine` the address may be 0.0.0.0 or [::], which is then reached at loopback.
  static std::expected<ApiClient, std::string> make(std::string_view server, std::string key,
                                                    Trust trust = Trust::authorities);

  /// Fails with one line for the user when there is no response; any status is a response.
  std::expected<ApiResponse, std::string> send(const ApiRequest& request) const;

 private:
  bool secure_ = false;
  Trust trust_ = Trust::authorities;
  std::string host_;  ///< without brackets
  std::string port_;
  std::string authority_;
  std::string prefix_;  ///< of every target
  std::string key_;
};

}  // namespace waypost::app
