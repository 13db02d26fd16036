#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/api_client.hpp"

/// `waypost job submit` as a request of the API. Pure.
namespace waypost::app {

struct SubmitArguments {
  std::string type;
  std::optional<std::string> payload;  ///< JSON
  std::optional<std::filesystem::path> manifest;
  std::optional<std::string> webhook;
  std::optional<std::int64_t> priority;
  /// NAME=VALUE: further fields of the job, nested ones dotted. VALUE is JSON where it reads as that, else a
  /// string.
  std::vector<std::string> fields;
};

/// A JSON job, or a batch in one shot when there is a manifest. Fails with one line for the user.
std::expected<ApiRequest, std::string> make_submission(const SubmitArguments& arguments);

}  // namespace waypost::app
