// Cursors, ids, times, Base64 and API keys: what is taken and written again is read as the same.

#include <string>

#include "api/paging.hpp"
#include "check.hpp"
#include "waypost/auth/api_key.hpp"
#include "waypost/base/id.hpp"
#include "waypost/base/text.hpp"
#include "waypost/base/time.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waypost;
  const std::string_view text = text_of(data, size);
  if (const auto cursor = api::parse_cursor(text))
    require(api::parse_cursor(api::cursor_of(*cursor)) == cursor);
  if (const auto limit = api::parse_limit(text)) require(*limit >= 1 && *limit <= 1000);
  // In either case, as Crockford's base 32 has it.
  if (const auto id = parse_id("job_", text)) require(parse_id("job_", format_id("job_", *id)) == id);
  if (const auto time = from_rfc3339(text)) require(from_rfc3339(to_rfc3339(*time)) == time);
  if (const auto bytes = text::base64_decode(text))
    require(text::base64_decode(text::base64(*bytes)) == bytes);
  if (const auto decoded = text::percent_decode(text, false))
    require(text::percent_decode(text::percent_encode(*decoded), false) == decoded);
  return 0;
}
