#pragma once

#include <span>
#include <string>
#include <string_view>

namespace waypost::text {

/// What to say after "is not a known field": the name of `known` that `word` was meant to be, else all of
/// them, each once. "; did you mean "limit"?", "; there are limit and cursor", "; there are none".
std::string hint(std::string_view word, std::span<const std::string_view> known);

}  // namespace waypost::text
