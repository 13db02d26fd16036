// Header values and query strings that routes read: none may crash one, what is chosen is what was offered,
// and what is in range stays there.

#include <string>
#include <vector>

#include "api/byte_range.hpp"
#include "api/call.hpp"
#include "api/submit.hpp"
#include "check.hpp"
#include "net/content_coding.hpp"
#include "waypost/base/text.hpp"
#include "waypost/operation/retry_after.hpp"
#include "waypost/webhook/signature.hpp"

namespace {

using namespace waypost;

void read_query(std::string_view text) {
  const auto parameters = api::parse_query(text);
  if (!parameters) return;
  for (const auto& [name, value] : *parameters) require(text::is_utf8(name) && text::is_utf8(value));
  static_cast<void>(api::QueryObject::make(*parameters, {"tag", "webhook"}));
}

void read_fields(std::string_view text) {
  net::RequestHead head;
  for (const char* name : {"prefer", "if-none-match", "content-type", "range", "idempotency-key", "if-range"})
    head.fields.emplace_back(name, text);
  if (const auto wait = api::preferred_wait(head)) require(wait->count() >= 0 && wait->count() <= 60);
  static_cast<void>(api::none_match(head, "\"7\""));
  require(api::media_type(head) == text::lower_ascii(api::media_type(head)));
  constexpr std::uint64_t size = 1000;
  if (const auto range = api::byte_range(head, "\"7\"", size); range && *range)
    require((*range)->begin < (*range)->end && (*range)->end <= size);
  if (const auto key = api::idempotency_key(head)) require(key->size() <= 255);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  read_query(text);
  read_fields(text);
  const auto type = api::preferred_type(std::string(text), "text/csv application/json");
  require(type.empty() || type == "text/csv" || type == "application/json");
  static_cast<void>(net::accepts_gzip(text));
  const Time now{Milliseconds{1'795'000'000'000}};
  if (const auto wait = operation::parse_retry_after(text, now))
    require(wait->count() >= 0 && *wait <= std::chrono::days{366});
  const auto secret = webhook::parse_secret("whsec_" + text::base64(std::vector<unsigned char>(32, 7)));
  require(
      !webhook::verify(*secret, {.id = "evt_1", .timestamp = text, .signature = text, .body = "{}"}, now));
  static_cast<void>(webhook::parse_secret(text));
  return 0;
}
