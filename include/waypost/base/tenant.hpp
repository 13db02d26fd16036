#pragma once

#include <cstdint>
#include <string_view>

namespace waypost {

/// One of those who share a server and see nothing of each other: the number under which the store knows a
/// tenant's name.
enum class Tenant : std::int64_t {};

/// Whoever names no other one, and all that was made before there were others.
inline constexpr Tenant default_tenant{0};
inline constexpr std::string_view default_tenant_name = "default";

}  // namespace waypost
