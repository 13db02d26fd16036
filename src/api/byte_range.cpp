#include "api/byte_range.hpp"

#include <charconv>

#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

std::optional<std::optional<ByteRange>> byte_range(const net::RequestHead& head, std::string_view etag,
                                                   std::uint64_t size) {
  const auto field = head.field("range");
  if (!field || !field->starts_with("bytes=")) return {};
  if (const auto condition = head.field("if-range"); condition && text::trim(*condition) != etag) return {};
  const std::string_view spec = text::trim(field->substr(6));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return {};
  const auto first = number(spec.substr(0, dash));
  const auto last = number(spec.substr(dash + 1));
  using Range = std::optional<ByteRange>;
  if (!first) {  // the last N bytes
    if (dash != 0 || !last) return {};
    if (*last == 0 || size == 0) return Range{};
    return Range(ByteRange{size - std::min(*last, size), size});
  }
  if (dash + 1 != spec.size() && (!last || *last < *first)) return {};
  if (*first >= size) return Range{};
  return Range(ByteRange{*first, last ? std::min(*last + 1, size) : size});
}

}  // namespace waypost::api
