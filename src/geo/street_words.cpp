#include "geo/street_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace waypost::geo {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

template <std::size_t N>
constexpr std::array<Pair, N> sorted(std::array<Pair, N> pairs) {
  std::ranges::sort(pairs, {}, &Pair::first);
  return pairs;
}

/// What words look like: each has one of 512 marks, and most words that a table lacks have none of its marks.
class Marks {
 public:
  constexpr void add(std::string_view word) { bits_[of(word) / 64] |= std::uint64_t{1} << of(word) % 64; }
  constexpr bool may_have(std::string_view word) const {
    return !word.empty() && (bits_[of(word) / 64] >> of(word) % 64 & 1) != 0;
  }

 private:
  static constexpr std::size_t of(std::string_view word) {
    const auto byte = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c)); };
    return (byte(word.front()) * 37 + byte(word.back()) * 11 + word.size() * 101) % 512;
  }
  std::array<std::uint64_t, 8> bits_{};
};

/// Words that are asked for at every lookup.
template <std::size_t N>
class WordSet {
 public:
  constexpr explicit WordSet(std::array<std::string_view, N> words) : words_(words) {
    std::ranges::sort(words_);
    for (const auto word : words_) marks_.add(word);
  }
  constexpr bool contains(std::string_view word) const {
    return marks_.may_have(word) && std::ranges::binary_search(words_, word);
  }

 private:
  std::array<std::string_view, N> words_;
  Marks marks_;
};

/// Folded word, canonical word. A canonical word is never a left one of another row, so that folding twice is
/// folding once. Words joined by a hyphen stand with it.
constexpr auto spellings = sorted(std::to_array<Pair>({
    // Many languages.
    {"saint", "st"},
    {"sankt", "st"},
    {"sainte", "ste"},
    {"santo", "sto"},
    {"mount", "mt"},
    {"fort", "ft"},
    {"doctor", "dr"},
    {"doktor", "dr"},
    {"number", "no"},
    {"numero", "no"},
    {"nr", "no"},
    {"num", "no"},
    // English.
    {"street", "st"},
    {"str", "st"},
    {"avenue", "av"},
    {"ave", "av"},
    {"aven", "av"},
    {"road", "rd"},
    {"boulevard", "bd"},
    {"blvd", "bd"},
    {"boul", "bd"},
    {"bvd", "bd"},
    {"bld", "bd"},
    {"drive", "dr"},
    {"drv", "dr"},
    {"lane", "ln"},
    {"court", "ct"},
    {"place", "pl"},
    {"square", "sq"},
    {"terrace", "ter"},
    {"terr", "ter"},
    {"highway", "hwy"},
    {"parkway", "pkwy"},
    {"pky", "pkwy"},
    {"circle", "cir"},
    {"crescent", "cres"},
    {"cresc", "cres"},
    {"gardens", "gdns"},
    {"close", "cl"},
    {"grove", "gr"},
    {"trail", "trl"},
    {"turnpike", "tpke"},
    {"expressway", "expy"},
    {"freeway", "fwy"},
    {"bridge", "brg"},
    {"heights", "hts"},
    {"junction", "jct"},
    {"plaza", "pl"},
    {"plz", "pl"},
    {"alley", "aly"},
    {"parade", "pde"},
    {"causeway", "cswy"},
    {"route", "rte"},
    {"north", "n"},
    {"south", "s"},
    {"east", "e"},
    {"west", "w"},
    {"northeast", "ne"},
    {"northwest", "nw"},
    {"southeast", "se"},
    {"southwest", "sw"},
    {"first", "1st"},
    {"second", "2nd"},
    {"third", "3rd"},
    {"fourth", "4th"},
    {"fifth", "5th"},
    {"sixth", "6th"},
    {"seventh", "7th"},
    {"eighth", "8th"},
    {"ninth", "9th"},
    {"tenth", "10th"},
    // German, Dutch, the Nordic ones.
    {"strasse", "st"},
    {"straat", "st"},
    {"platz", "pl"},
    {"allee", "alle"},
    {"plein", "pl"},
    {"laan", "ln"},
    {"gatan", "gata"},
    {"gate", "gata"},
    {"gt", "gata"},
    {"vagen", "vag"},
    {"veien", "vag"},
    {"vei", "vag"},
    {"vej", "vag"},
    // French, Catalan, Spanish, Portuguese, Italian.
    {"rue", "r"},
    {"rua", "r"},
    {"chemin", "ch"},
    {"chem", "ch"},
    {"impasse", "imp"},
    {"faubourg", "fbg"},
    {"cours", "crs"},
    {"quai", "q"},
    {"placa", "pl"},
    {"avinguda", "av"},
    {"avda", "av"},
    {"avenida", "av"},
    {"avd", "av"},
    {"calle", "c"},
    {"carrer", "c"},
    {"passeig", "pg"},
    {"paseo", "pg"},
    {"pso", "pg"},
    {"passatge", "ptge"},
    {"pasaje", "ptge"},
    {"psje", "ptge"},
    {"pza", "pl"},
    {"pca", "pl"},
    {"praca", "pl"},
    {"carretera", "ctra"},
    {"ronda", "rda"},
    {"travessera", "trav"},
    {"travessa", "trav"},
    {"tv", "trav"},
    {"rambla", "rbla"},
    {"piazza", "pl"},
    {"pzza", "pl"},
    {"p-za", "pl"},
    {"viale", "vle"},
    {"v-le", "vle"},
    {"corso", "cso"},
    {"c-so", "cso"},
    {"largo", "lgo"},
    {"lungotevere", "lgt"},
    {"vicolo", "vlo"},
    {"gral", "general"},
    {"gen", "general"},
    {"nuestra", "ntra"},
    {"senora", "sra"},
    {"maria", "ma"},
    {"sta", "santa"},
    // Romanian.
    {"strada", "st"},
    {"bulevardul", "bd"},
    {"bulevard", "bd"},
    {"bdul", "bd"},
    {"b-dul", "bd"},
    {"bd-ul", "bd"},
    {"blv", "bd"},
    {"bul", "bd"},
    {"calea", "cal"},
    {"soseaua", "sos"},
    {"splaiul", "spl"},
    {"splai", "spl"},
    {"aleea", "alle"},
    {"intrarea", "intr"},
    {"piata", "pl"},
    {"pta", "pl"},
    {"p-ta", "pl"},
    {"drumul", "dr"},
    {"prelungirea", "prel"},
    {"fundatura", "fdt"},
    // Polish, Czech, Slovak, Croatian, Hungarian, Turkish, Baltic.
    {"ulica", "ul"},
    {"ulice", "ul"},
    {"ulitsa", "ul"},
    {"aleja", "alle"},
    {"aleje", "alle"},
    {"plac", "pl"},
    {"osiedle", "os"},
    {"namestie", "nam"},
    {"namesti", "nam"},
    {"trieda", "tr"},
    {"trida", "tr"},
    {"nabrezie", "nab"},
    {"nabrezi", "nab"},
    {"utca", "u"},
    {"sokak", "sk"},
    {"sokagi", "sk"},
    {"sok", "sk"},
    {"caddesi", "cad"},
    {"cadde", "cad"},
    {"cd", "cad"},
    {"mahallesi", "mah"},
    {"mahalle", "mah"},
    {"bulvari", "bd"},
    {"bulvar", "bd"},
    {"gatve", "g"},
    {"prospektas", "prosp"},
    {"iela", "ie"},
    // Russian, Ukrainian, Belarusian, in their letters and in Latin ones.
    {"улица", "ul"},
    {"ул", "ul"},
    {"вулиця", "ul"},
    {"вул", "ul"},
    {"вуліца", "ul"},
    {"vulytsia", "ul"},
    {"vulytsya", "ul"},
    {"vulica", "ul"},
    {"vulitsa", "ul"},
    {"vul", "ul"},
    {"проспект", "prosp"},
    {"просп", "prosp"},
    {"праспект", "prosp"},
    {"prosp-т", "prosp"},
    {"prosp-кт", "prosp"},
    {"пр", "prosp"},
    {"prospekt", "prosp"},
    {"praspekt", "prosp"},
    {"prospect", "prosp"},
    {"переулок", "per"},
    {"пер", "per"},
    {"pereulok", "per"},
    {"провулок", "per"},
    {"пров", "per"},
    {"provulok", "per"},
    {"завулак", "per"},
    {"zavulak", "per"},
    {"площадь", "pl"},
    {"площа", "pl"},
    {"плошча", "pl"},
    {"пл", "pl"},
    {"ploshchad", "pl"},
    {"ploshcha", "pl"},
    {"бульвар", "bd"},
    {"б-р", "bd"},
    {"бул", "bd"},
    {"набережная", "nab"},
    {"наб", "nab"},
    {"naberezhnaya", "nab"},
    {"набережна", "nab"},
    {"шоссе", "sh"},
    {"ш", "sh"},
    {"шосе", "sh"},
    {"shosse", "sh"},
    {"проезд", "proezd"},
    {"prosp-д", "proezd"},
    {"линия", "liniya"},
    {"аллея", "alle"},
    {"алея", "alle"},
    {"дорога", "doroga"},
}));

constexpr WordSet street_types(std::to_array<std::string_view>(
    {"st",   "av",   "rd",   "bd",   "dr",     "ln",     "ct",    "pl",   "sq",   "ter", "hwy",
     "pkwy", "cir",  "cres", "gdns", "cl",     "gr",     "trl",   "tpke", "expy", "fwy", "aly",
     "pde",  "cswy", "rte",  "way",  "alle",   "gata",   "vag",   "r",    "ch",   "imp", "fbg",
     "crs",  "q",    "c",    "pg",   "ptge",   "ctra",   "rda",   "trav", "rbla", "vle", "cso",
     "lgo",  "vlo",  "via",  "cal",  "sos",    "spl",    "intr",  "prel", "fdt",  "ul",  "os",
     "nam",  "tr",   "nab",  "u",    "sk",     "cad",    "mah",   "g",    "ie",   "per", "prosp",
     "sh",   "weg",  "tie",  "katu", "proezd", "liniya", "doroga"}));

}  // namespace

std::string_view canonical_word(std::string_view folded) {
  static constexpr Marks marks = [] {
    Marks made;
    for (const auto& [word, canonical] : spellings) made.add(word);
    return made;
  }();
  if (!marks.may_have(folded)) return folded;
  const auto* found = std::ranges::lower_bound(spellings, folded, {}, &Pair::first);
  return found != spellings.end() && found->first == folded ? found->second : folded;
}

std::span<const std::pair<std::string_view, std::string_view>> common_words() {
  return spellings;
}

WordRole role_of(std::string_view word) {
  static constexpr WordSet directions(
      std::to_array<std::string_view>({"n", "s", "e", "w", "ne", "nw", "se", "sw"}));
  static constexpr WordSet particles(std::to_array<std::string_view>(
      {"de",  "la",  "le", "les", "du",  "des", "d",   "l",   "del", "dels", "el", "los", "las", "da",
       "do",  "dos", "di", "der", "die", "das", "den", "dem", "am",  "an",   "im", "in",  "zu",  "zur",
       "zum", "the", "of", "on",  "and", "y",   "et",  "und", "van", "von",  "i",  "a"}));
  if (street_types.contains(word)) return WordRole::street_type;
  if (directions.contains(word)) return WordRole::direction;
  return particles.contains(word) ? WordRole::particle : WordRole::name;
}

std::size_t street_suffix(std::string_view folded) {
  static constexpr std::size_t least_before = 3;
  for (const std::string_view suffix : {"strasse", "straat", "platz", "str", "pl"}) {
    if (folded.size() >= suffix.size() + least_before && folded.back() == suffix.back() &&
        folded.ends_with(suffix))
      return suffix.size();
  }
  return 0;
}

bool is_unit_word(std::string_view word) {
  static constexpr WordSet words(std::to_array<std::string_view>(
      {"apt",      "apartment", "unit", "suite", "ste",      "flat", "floor", "fl",    "room", "rm", "bldg",
       "building", "no",        "lot",  "кв",    "квартира", "ap",   "sc",    "scara", "bloc", "lok"}));
  return words.contains(word);
}

}  // namespace waypost::geo
