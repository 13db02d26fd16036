#pragma once

#include <string>
#include <string_view>

namespace waypost::test {

std::string gzip(std::string_view text);
/// Throws std::runtime_error when `bytes` is not one whole gzip member.
std::string gunzip(std::string_view bytes);

}  // namespace waypost::test
