#include "net/request_reader.hpp"

#include "net/characters.hpp"

namespace waypost::net {

using namespace characters;

namespace {

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}
bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

struct Seen {
  int hosts = 0;
  std::string_view host;
  int traceparents = 0;
};

Seen note_fields(RequestHead& head, RequestFacts& facts) {
  Seen seen;
  for (const auto& [name, value] : head.fields) {
    // Lengths first: most names differ there already.
    switch (name.size()) {
      case 4:
        if (!equals_lower(name, "host")) break;
        ++seen.hosts;
        seen.host = value;
        break;
      case 6:
        if (!equals_lower(name, "expect")) break;
        for_each_element(value, [&](std::string_view expectation) {
          if (equals_lower(expectation, "100-continue")) facts.expects_continue = !facts.http_1_0;
        });
        break;
      case 11:
        if (!equals_lower(name, "traceparent")) break;
        ++seen.traceparents;
        head.traceparent = seen.traceparents == 1 && is_traceparent(value) ? value : std::string_view{};
        break;
      case 12:
        if (equals_lower(name, "x-request-id") && is_request_id(value)) head.request_id = value;
        break;
      default:
        break;
    }
  }
  return seen;
}

Result<void> check_host(const Seen& seen, bool required) {
  if (seen.hosts > 1) return fail(Code::malformed_request, "the Host field is given more than once");
  if (seen.hosts == 0 && required) {
    return fail(Code::malformed_request, "the Host field is missing; HTTP/1.1 requires it");
  }
  if (!is_host_value(seen.host)) {
    return fail(Code::malformed_request, "Host '" + std::string(seen.host) + "' is not a host and port");
  }
  return {};
}

}  // namespace

Result<RequestFacts> read_request(std::string_view text, std::size_t max_uri_bytes, RequestHead& head) {
  const auto line = parse_request_head(text, head.fields);
  if (!line) return std::unexpected(line.error());
  head.method = line->method;
  head.target = line->target;
  RequestFacts facts{.head_request = line->method == "HEAD", .http_1_0 = line->minor_version == 0};
  const Seen seen = note_fields(head, facts);
  if (line->target.size() > max_uri_bytes) {
    return fail(Code::uri_too_long, "the request target is longer than " + std::to_string(max_uri_bytes) +
                                        " bytes, the most taken here");
  }
  if (auto host = check_host(seen, !facts.http_1_0); !host) return std::unexpected(std::move(host.error()));
  // RFC 9112 §3.2.3 and §3.2.4: a tunnel's target, which is not served, and the server as a whole.
  if (line->method == "CONNECT") return fail(Code::malformed_request, "this server opens no tunnels");
  if (line->target == "*" && line->method != "OPTIONS")
    return fail(Code::malformed_request, "the request target '*' is for OPTIONS only");
  const auto parts = split_target(line->target);
  if (!parts) return std::unexpected(parts.error());
  head.path = parts->path;
  head.query = parts->query;
  const auto framing = request_framing(head.fields, line->minor_version);
  if (!framing) return std::unexpected(framing.error());
  facts.framing = *framing;
  facts.keep_alive = keeps_alive(head.fields, line->minor_version);
  return facts;
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && is_visible_ascii(text);
}

bool is_traceparent(std::string_view text) {
  // version "-" trace-id "-" parent-id "-" trace-flags
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  const bool hex = is_lower_hex(version) && is_lower_hex(trace) && is_lower_hex(parent) &&
                   is_lower_hex(text.substr(53, 2));
  if (!hex || version == "ff" || is_zero(trace) || is_zero(parent)) return false;
  if (version == "00") return text.size() == 55;
  return text.size() == 55 || text[55] == '-';
}

Result<bool> is_gzip_body(const RequestHead& head) {
  const auto coding = head.joined("content-encoding");
  if (!coding) return false;
  int gzips = 0;
  bool other = false;
  for_each_element(*coding, [&](std::string_view element) {
    if (equals_lower(element, "gzip") || equals_lower(element, "x-gzip")) {
      ++gzips;
    } else if (!equals_lower(element, "identity")) {
      other = true;
    }
  });
  if (other || gzips > 1) {
    return fail(Code::unsupported_media_type,
                "Content-Encoding '" + *coding + "' is not taken here; send the body as it is, or as gzip");
  }
  return gzips == 1;
}

}  // namespace waypost::net
