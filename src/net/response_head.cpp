#include "net/response_head.hpp"

#include <array>
#include <charconv>

#include "net/characters.hpp"

namespace waypost::net {

using namespace characters;

namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_line(std::string& out, std::string_view name_and_colon, std::string_view value) {
  out.append(name_and_colon).append(value).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  const std::size_t at = out.size();
  out.append(value);
  if (!is_field_value(value)) {
    for (char& c : std::span(out).subspan(at)) {
      if (!has(c, value_bit)) c = ' ';
    }
  }
  out.append("\r\n");
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

std::string_view DateCache::now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec != second_) {
    second_ = time.tv_sec;
    text_ = format(second_);
  }
  return text_;
}

std::string DateCache::format(std::time_t seconds) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  gmtime_r(&seconds, &t);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(t.tm_wday)],
                     t.tm_mday, months[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "";
  }
}

void append_head(std::string& out, const Response& response, const ResponseHead& head) {
  append_status_line(out, response.status);
  append_line(out, "Date: ", head.date);
  append_line(out, "X-Request-Id: ", head.request_id);
  const bool typed = !response.content_type.empty() && response.status != 204 && response.status != 304;
  if (typed) append_line(out, "Content-Type: ", response.content_type);
  for (const auto& [name, value] : response.fields) {
    const bool weaken = head.gzipped && equals_lower(name, "etag") && !value.starts_with("W/");
    append_field(out, name, weaken ? "W/" + value : value);
  }
  if (head.hsts.count() > 0) {
    out.append("Strict-Transport-Security: max-age=");
    append_number(out, static_cast<std::uint64_t>(head.hsts.count()));
    out.append("\r\n");
  }
  if (head.varies) out.append("Vary: Accept-Encoding\r\n");
  if (head.gzipped) out.append("Content-Encoding: gzip\r\n");
  if (head.length) {
    out.append("Content-Length: ");
    append_number(out, *head.length);
    out.append("\r\n");
  }
  if (head.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (!head.keep_alive) out.append("Connection: close\r\n");
  if (head.keep_alive && head.say_keep_alive) out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
}

}  // namespace waypost::net
