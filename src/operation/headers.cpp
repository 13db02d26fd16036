#include "waypost/operation/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "waypost/base/text.hpp"

namespace waypost::operation {
namespace {

// What a connection and its framing own (RFC 9110 §7.6.1, §6.4), and Expect, which needs an answer of its
// own.
constexpr std::array<std::string_view, 13> kOwnedFields = {"connection",
                                                           "content-length",
                                                           "expect",
                                                           "host",
                                                           "http2-settings",
                                                           "keep-alive",
                                                           "proxy-authenticate",
                                                           "proxy-authorization",
                                                           "proxy-connection",
                                                           "te",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return text::iequals(one, name); });
}

bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.contains(c);
  });
}

bool is_field_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

}  // namespace

void check_headers(json::Value headers, const std::string& pointer, std::vector<Fault>& faults,
                   std::span<const std::string_view> ours) {
  json::Fields members(headers, pointer, faults);
  for (const json::Value member : headers.children()) {
    const std::string name(member.key());
    if (!is_token(name))
      members.fault(name, "malformed", "a header's name is letters, digits and !#$%&'*+-.^_`|~");
    else if (is_among(kOwnedFields, name))
      members.fault(name, "not_allowed",
                    fmt::format("{} belongs to the connection and is set by the service", name));
    else if (is_among(ours, name))
      members.fault(name, "not_allowed", fmt::format("{} is set by the service", name));
    if (member.is(json::Kind::string) && !is_field_value(member.string()))
      members.fault(name, "malformed", "a header's value has no line ends or other control characters");
  }
}

}  // namespace waypost::operation
