#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/geo/gazetteer.hpp"

namespace waypost::geo {

/// The languages one gazetteer has names in. Any thread.
class LanguageTable {
 public:
  /// `tags` in order of id, lower case; the first is that of names without a language.
  explicit LanguageTable(const std::vector<std::string_view>& tags);
  LanguageTable(LanguageTable&&) = default;

  /// The best of `tags` (one BCP 47 tag or a list as in Accept-Language, RFC 9110 §12.5.4) with what is near
  /// it: "pt-BR" is looked for as pt-br, then pt; "no" also as nb; then English.
  LanguageChain resolve(std::string_view tags) const { return tags.empty() ? english_ : read(tags); }

 private:
  LanguageChain read(std::string_view tags) const;
  const std::pair<std::string, std::uint16_t>* find(std::string_view tag) const;
  std::vector<std::pair<std::string, std::uint16_t>> tags_;  // sorted
  LanguageChain english_;                                    // looks into tags_
};

}  // namespace waypost::geo
