#include "geo/languages.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

struct Wanted {
  std::string_view tag;
  double weight;
  std::size_t order;
};

/// `de-CH, fr;q=0.9, *;q=0.1`, heaviest first; equal weights in the order given.
std::vector<Wanted> parse_list(std::string_view list) {
  std::vector<Wanted> wanted;
  if (list.empty()) return wanted;
  for (const auto item : text::split(list, ',')) {
    const auto semicolon = item.find(';');
    Wanted entry{.tag = text::trim(item.substr(0, semicolon)), .weight = 1, .order = wanted.size()};
    if (semicolon != std::string_view::npos) {
      auto weight = text::trim(item.substr(semicolon + 1));
      if (weight.starts_with("q=") || weight.starts_with("Q=")) weight.remove_prefix(2);
      std::from_chars(weight.data(), weight.data() + weight.size(), entry.weight);
    }
    if (!entry.tag.empty() && entry.tag != "*" && entry.weight > 0) wanted.push_back(entry);
  }
  std::ranges::sort(wanted, [](const Wanted& a, const Wanted& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.order < b.order;
  });
  return wanted;
}

/// Tags that mean another one, and the script that a Chinese region writes.
std::string_view known_as(std::string_view tag) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> same = {{
      {"iw", "he"},
      {"in", "id"},
      {"ji", "yi"},
      {"no", "nb"},
      {"tl", "fil"},
      {"zh-hant", "zh-tw"},
      {"zh-hk", "zh-tw"},
      {"zh-mo", "zh-tw"},
      {"zh-hans", "zh-cn"},
      {"cmn", "zh"},
      {"nb", "no"},
      {"fil", "tl"},
  }};
  const auto* found = std::ranges::find(same, tag, &std::pair<std::string_view, std::string_view>::first);
  return found == same.end() ? std::string_view() : found->second;
}

}  // namespace

LanguageTable::LanguageTable(const std::vector<std::string_view>& tags) {
  for (std::uint16_t i = 1; i < tags.size(); ++i) tags_.emplace_back(tags[i], i);
  std::ranges::sort(tags_);
  english_ = read({});
}

const std::pair<std::string, std::uint16_t>* LanguageTable::find(std::string_view tag) const {
  const auto it = std::ranges::lower_bound(tags_, tag, std::less<>{},
                                           [](const auto& row) -> const std::string& { return row.first; });
  return it == tags_.end() || it->first != tag ? nullptr : &*it;
}

LanguageChain LanguageTable::read(std::string_view tags) const {
  LanguageChain chain;
  const auto add = [&](std::string_view tag) {
    const auto* row = find(tag);
    if (row == nullptr || chain.size == std::size(chain.ids)) return;
    const auto used = std::span(chain.ids).first(chain.size);
    if (std::ranges::find(used, row->second) != used.end()) return;
    if (chain.size == 0) chain.tag = row->first;
    chain.ids[chain.size++] = row->second;
  };
  const auto add_with_relatives = [&](std::string_view tag) {
    add(tag);
    add(known_as(tag));
  };
  for (const auto& wanted : parse_list(tags)) {
    auto tag = text::lower_ascii(wanted.tag);
    std::ranges::replace(tag, '_', '-');
    // One language per answer: the first that the gazetteer knows, by ever shorter tags.
    for (;;) {
      add_with_relatives(tag);
      const auto dash = tag.rfind('-');
      if (dash == std::string::npos) break;
      tag.resize(dash);
    }
    if (chain.size > 0) break;
  }
  if (chain.size == std::size(chain.ids)) --chain.size;
  add("en");
  if (chain.tag.empty()) chain.tag = "en";
  return chain;
}

}  // namespace waypost::geo
