#pragma once

#include <span>
#include <string_view>
#include <utility>

/// The words that addresses are full of and that everyone writes differently. Pure; any thread.
namespace waypost::geo {

/// One spelling for all of a folded word's ("avenue", "avda", "av" are "av"); the word itself when it has no
/// other. "st" stands for street and saint alike, since nobody can tell them apart in a query.
std::string_view canonical_word(std::string_view folded);

/// The words that have another spelling, with it: what typing errors in them are mended by.
std::span<const std::pair<std::string_view, std::string_view>> common_words();

/// What a canonical word does in a name: says what kind of street it is, or which end of it, or joins.
enum class WordRole { name, street_type, direction, particle };
WordRole role_of(std::string_view canonical);

/// How many bytes at the end of a folded word are a word of their own ("konigstrasse", "marktpl"); 0 for
/// none.
std::size_t street_suffix(std::string_view folded);

/// Words before the number of a flat, which addresses of a house are found without: "apt", "unit".
bool is_unit_word(std::string_view canonical);

}  // namespace waypost::geo
