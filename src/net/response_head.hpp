#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "waypost/net/http.hpp"

namespace waypost::net {

/// The Date field's text (RFC 9110 §5.6.7), made once a second. One thread.
class DateCache {
 public:
  std::string_view now();
  static std::string format(std::time_t seconds);

 private:
  std::time_t second_ = -1;
  std::string text_;
};

/// What the server adds to a response's own fields.
struct ResponseHead {
  std::string_view date;
  std::string_view request_id;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool keep_alive = true;
  bool say_keep_alive = false;  ///< HTTP/1.0 must be told
  bool gzipped = false;
  bool varies = false;           ///< by Accept-Encoding
  std::chrono::seconds hsts{0};  ///< RFC 6797; 0: none
};

/// "OK" for 200; "" for a status without a usual phrase.
std::string_view reason_phrase(int status);

/// Appends status line and fields, with the empty line. Control characters in values become blanks, so that
/// no value can end the head early. An ETag of a gzipped response is made weak: its bytes are not those that
/// the tag names (RFC 9110 §8.8.3).
void append_head(std::string& out, const Response& response, const ResponseHead& head);

}  // namespace waypost::net
