#include "waypost/base/redact.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "waypost/base/text.hpp"

namespace waypost {
namespace {

constexpr std::string_view removed = "[removed]";
/// Ids and words are shorter than what we call a secret.
constexpr std::size_t shortest_secret = 12;

bool is_token(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         c == '+' || c == '/' || c == '=' || c == '.' || c == '~';
}

struct Mark {
  std::string_view text;
  std::size_t shortest;
};
// Only the last one has no underscore.
constexpr std::array marks{Mark{"wp_", shortest_secret}, Mark{"whsec_", shortest_secret}, Mark{"earer ", 1}};

std::size_t token_length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_token) - text.begin());
}

/// Where the next secret begins, and how long it is.
std::pair<std::size_t, std::size_t> next_secret(std::string_view text) {
  std::pair<std::size_t, std::size_t> first{std::string_view::npos, 0};
  for (const Mark& mark : marks)
    for (std::size_t at = text.find(mark.text); at < first.first; at = text.find(mark.text, at + 1)) {
      const std::size_t begin = at + mark.text.size();
      const std::size_t length = token_length(text.substr(begin));
      if (length < mark.shortest) continue;
      first = {begin, length};
      break;
    }
  return first;
}

bool is_secret(std::string_view encoded_name) {
  const std::string name =
      text::lower_ascii(text::percent_decode(encoded_name, true).value_or(std::string(encoded_name)));
  if (name == "key" || name == "signature" || name == "webhook.url") return true;
  constexpr std::array<std::string_view, 5> words{"secret", "token", "password", "authorization", "headers"};
  return std::ranges::any_of(words, [&](std::string_view word) { return name.contains(word); });
}

}  // namespace

std::optional<std::string> redacted(std::string_view text) {
  // Most texts hold nothing like it, and each value of each line is looked at.
  const bool may_hold =
      text.size() > marks.back().text.size() && (text.contains('_') || text.contains(marks.back().text));
  if (!may_hold) return {};
  auto [begin, length] = next_secret(text);
  if (begin == std::string_view::npos) return {};
  std::string out;
  for (; begin != std::string_view::npos; std::tie(begin, length) = next_secret(text)) {
    out.append(text.substr(0, begin)).append(removed);
    text.remove_prefix(begin + length);
  }
  return out.append(text);
}

std::string redact_target(std::string_view target) {
  const std::size_t query = target.find('?');
  if (query == std::string_view::npos) return std::string(target);
  std::string out(target.substr(0, query + 1));
  bool first = true;
  for (const auto pair : text::split(target.substr(query + 1), '&')) {
    if (!std::exchange(first, false)) out += '&';
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !is_secret(pair.substr(0, equals)))
      out += pair;
    else
      out.append(pair.substr(0, equals + 1)).append(removed);
  }
  return out;
}

}  // namespace waypost
