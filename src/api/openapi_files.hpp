#pragma once

#include <span>
#include <string_view>

/// The files of src/api/openapi as they are linked in.
namespace waypost::api::openapi_files {

/// Parts of the description: each an OpenAPI document with some of the members.
std::span<const std::string_view> parts();
std::string_view page();
std::string_view script();
std::string_view style();

}  // namespace waypost::api::openapi_files
