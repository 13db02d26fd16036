#include "api/access_log.hpp"

#include "waypost/auth/keyring.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/redact.hpp"

namespace waypost::api {
namespace {

constexpr std::size_t longest_target = 2048, longest_agent = 256, longest_method = 32;

/// Cut between two characters of UTF-8.
std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0) == 0x80) --longest;
  return text.substr(0, longest);
}

}  // namespace

void log_access(const net::RequestHead& head, const net::Finished& how, std::string_view route) {
  const auto* principal = std::any_cast<auth::Principal>(&how.context);
  const std::string target = redact_target(head.target);
  log::record("request",
              {{"method", cut(head.method, longest_method)},
               {"route", route},
               {"target", cut(target, longest_target)},
               {"status", how.status},
               {"bytes", how.bytes},
               {"duration_ms", static_cast<double>(how.elapsed.count()) / 1000},
               {"client", head.remote_address},
               {"key_id", principal == nullptr ? std::string_view() : std::string_view(principal->key)},
               {"request_id", head.request_id},
               {"trace_id", head.traceparent.empty() ? std::string_view() : head.traceparent.substr(3, 32)},
               {"user_agent", cut(head.field("user-agent").value_or(""), longest_agent)}});
}

}  // namespace waypost::api
