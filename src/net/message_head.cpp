#include "net/message_head.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "net/characters.hpp"

namespace waypost::net {

using namespace characters;

namespace {

std::unexpected<Error> malformed(std::string message) {
  return fail(Code::malformed_request, std::move(message));
}

/// The text up to the next CRLF, taken off `rest`. HeadScanner has made sure that there is one.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

Result<void> parse_fields(std::string_view rest, std::vector<FieldView>& fields) {
  fields.clear();
  while (true) {
    const std::string_view line = take_line(rest);
    if (line.empty()) return {};
    if (line.front() == ' ' || line.front() == '\t') {
      return malformed("a header field is folded over lines (obs-fold, RFC 9112 §5.2); send it on one line");
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a header line has no colon");
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name))
      return malformed("a header field's name is empty or holds characters no name may have");
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (!is_field_value(value)) {
      return malformed("the value of header field '" + std::string(name) + "' holds a control character");
    }
    fields.emplace_back(name, value);
  }
}

/// "HTTP/1.0" or "HTTP/1.1".
std::optional<int> minor_version(std::string_view version) {
  if (version == "HTTP/1.1") return 1;
  if (version == "HTTP/1.0") return 0;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_length(std::string_view digits) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

struct FramingFields {
  std::optional<std::string_view> length;
  std::optional<std::string_view> transfer_encoding;
};

Result<FramingFields> framing_fields(const std::vector<FieldView>& fields) {
  FramingFields found;
  for (const auto& [name, value] : fields) {
    if (equals_lower(name, "content-length")) {
      if (found.length) return malformed("Content-Length is given more than once");
      found.length = value;
    } else if (equals_lower(name, "transfer-encoding")) {
      if (found.transfer_encoding) return malformed("Transfer-Encoding is given more than once");
      found.transfer_encoding = value;
    }
  }
  if (found.length && found.transfer_encoding) {
    return malformed("both Content-Length and Transfer-Encoding are given; send one of them");
  }
  return found;
}

Result<Framing> framed_by_length(std::string_view value) {
  const auto length = parse_length(value);
  if (!length)
    return malformed("Content-Length '" + std::string(value) + "' is not a decimal number of bytes");
  return Framing{.kind = Framing::Kind::length, .length = *length};
}

}  // namespace

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
  while (scanned_ < bytes.size()) {
    const std::size_t line_feed = bytes.find('\n', scanned_);
    const bool found = line_feed != std::string_view::npos;
    const std::size_t seen = found ? line_feed + 1 : bytes.size();
    if (line_start_ == 0 && seen > max_start_line_) return State::start_line_too_long;
    if (seen > max_head_) return State::too_large;
    scanned_ = seen;
    if (!found) return State::incomplete;
    if (line_feed == line_start_ || bytes[line_feed - 1] != '\r') return State::bare_line_feed;
    const bool empty_line = line_feed - 1 == line_start_;
    line_start_ = seen;
    if (empty_line) return State::complete;
  }
  return State::incomplete;
}

Result<RequestLine> parse_request_head(std::string_view head, std::vector<FieldView>& fields) {
  const std::string_view line = take_line(head);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return malformed("the request line is not 'METHOD target HTTP/1.1'");
  }
  RequestLine parsed{.method = line.substr(0, first), .target = line.substr(first + 1, last - first - 1)};
  if (!is_token(parsed.method)) return malformed("the request's method holds characters no method may have");
  if (!is_target(parsed.target)) {
    return malformed(
        "the request target is empty or holds a blank or a control character; percent-encode it");
  }
  const auto version = minor_version(line.substr(last + 1));
  if (!version)
    return malformed("the protocol version is not HTTP/1.1 or HTTP/1.0, the only ones served here");
  parsed.minor_version = *version;
  if (auto read = parse_fields(head, fields); !read) return std::unexpected(std::move(read.error()));
  return parsed;
}

Result<StatusLine> parse_response_head(std::string_view head, std::vector<FieldView>& fields) {
  const std::string_view line = take_line(head);
  const auto version = minor_version(line.substr(0, 8));
  if (!version || line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) {
    return malformed("the response does not start with 'HTTP/1.1' and a status");
  }
  StatusLine parsed{.minor_version = *version};
  for (const char digit : line.substr(9, 3)) {
    if (digit < '0' || digit > '9') return malformed("the response's status is not a number of three digits");
    parsed.status = parsed.status * 10 + (digit - '0');
  }
  if (parsed.status < 100 || parsed.status > 599) {
    return malformed("the response's status " + std::to_string(parsed.status) +
                     " is not between 100 and 599");
  }
  if (!is_field_value(line.substr(12)))
    return malformed("the response's reason phrase holds a control character");
  if (auto read = parse_fields(head, fields); !read) return std::unexpected(std::move(read.error()));
  return parsed;
}

Result<Framing> request_framing(const std::vector<FieldView>& fields, int minor_version) {
  const auto found = framing_fields(fields);
  if (!found) return std::unexpected(found.error());
  if (found->length) return framed_by_length(*found->length);
  if (!found->transfer_encoding) return Framing{};
  if (minor_version == 0)
    return malformed("Transfer-Encoding does not exist in HTTP/1.0; send a Content-Length");
  if (!equals_lower(*found->transfer_encoding, "chunked")) {
    return malformed("Transfer-Encoding '" + std::string(*found->transfer_encoding) +
                     "' is not served; only 'chunked' is");
  }
  return Framing{.kind = Framing::Kind::chunked};
}

Result<Framing> response_framing(const std::vector<FieldView>& fields, StatusLine line, bool head_request) {
  const auto found = framing_fields(fields);
  if (!found) return std::unexpected(found.error());
  if (head_request || line.status < 200 || line.status == 204 || line.status == 304) return Framing{};
  if (found->length) return framed_by_length(*found->length);
  if (!found->transfer_encoding) return Framing{.kind = Framing::Kind::until_close};
  if (line.minor_version == 0 || !equals_lower(*found->transfer_encoding, "chunked")) {
    return malformed("the response's Transfer-Encoding '" + std::string(*found->transfer_encoding) +
                     "' is not understood; only 'chunked' is");
  }
  return Framing{.kind = Framing::Kind::chunked};
}

bool keeps_alive(const std::vector<FieldView>& fields, int minor_version) {
  bool close = false;
  bool keep = minor_version >= 1;
  for (const auto& [name, value] : fields) {
    if (!equals_lower(name, "connection")) continue;
    for_each_element(value, [&](std::string_view option) {
      if (equals_lower(option, "close")) close = true;
      if (equals_lower(option, "keep-alive")) keep = true;
    });
  }
  return keep && !close;
}

bool is_host_value(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t bracket = host.find(']');
    if (bracket == std::string_view::npos) return false;
    if (host.substr(1, bracket - 1).find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
      return false;
    port = host.substr(bracket + 1);
  } else {
    const std::size_t colon = std::min(host.find(':'), host.size());
    if (!all(host.substr(0, colon), host_bit)) return false;
    port = host.substr(colon);
  }
  if (port.empty()) return true;
  return port.starts_with(':') && port.size() <= 6 &&
         port.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

Result<TargetParts> split_target(std::string_view target) {
  if (target == "*") return TargetParts{.path = target};
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    const bool http = scheme != std::string_view::npos && (equals_lower(target.substr(0, scheme), "http") ||
                                                           equals_lower(target.substr(0, scheme), "https"));
    if (!http) return malformed("the request target is neither a path nor an http URL");
    target.remove_prefix(scheme + 3);
    const std::size_t end = std::min(target.find_first_of("/?#"), target.size());
    if (end == 0 || !is_host_value(target.substr(0, end)))
      return malformed("the request target's host is not valid");
    target.remove_prefix(end);
  }
  if (target.contains('#'))
    return malformed("the request target holds a fragment ('#'); leave it out or encode it");
  const std::size_t mark = std::min(target.find('?'), target.size());
  TargetParts parts{.path = target.substr(0, mark)};
  if (mark < target.size()) parts.query = target.substr(mark + 1);
  if (parts.path.empty()) parts.path = "/";
  return parts;
}

}  // namespace waypost::net
