#include "geo/fold.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <utility>

#include "geo/street_words.hpp"

namespace waypost::geo {
namespace {

/// Letters that no decomposition takes apart.
std::string_view latin_letter(UChar32 c) {
  switch (c) {
    case 0x00E6:
      return "ae";
    case 0x0153:
      return "oe";
    case 0x00F8:
      return "o";
    case 0x0142:
      return "l";
    case 0x0111:
    case 0x00F0:
    case 0x0256:
      return "d";
    case 0x00FE:
      return "th";
    case 0x0131:
      return "i";
    case 0x0127:
      return "h";
    case 0x0167:
      return "t";
    case 0x014B:
      return "n";
    case 0x0259:
      return "e";
    case 0x0138:
      return "k";
    default:
      return {};
  }
}

bool is_apostrophe(UChar32 c) {
  return c == '\'' || c == '`' || c == 0xB4 || (c >= 0x2B9 && c <= 0x2BF) || c == 0x2C8 || c == 0x2018 ||
         c == 0x2019 || c == 0x201B || c == 0x2032 || c == 0x5F3 || c == 0xFF07;
}

bool is_comma(UChar32 c) {
  return c == ',' || c == ';' || c == '\n' || c == 0x60C || c == 0x3001 || c == 0xFF0C;
}

/// Accents, and the optional points of Hebrew and Arabic. Marks of other scripts tell words apart: they stay.
bool is_accent(UChar32 c) {
  const auto combining = u_getCombiningClass(c);
  return (combining >= 10 && combining <= 36) || (combining >= 200 && combining <= 240);
}

/// Builds words from folded characters.
class Words {
 public:
  explicit Words(Folded& out) : out_(out) {}

  void letter(std::string_view utf8) {
    word_ += utf8;
    ++letters_;
  }

  /// ASCII letters, of either case, and digits.
  void letters(std::string_view ascii) {
    constexpr char lower_case = 0x20;  // which digits have set, too
    const auto begin = word_.size();
    word_ += ascii;
    for (auto i = begin; i < word_.size(); ++i) word_[i] = static_cast<char>(word_[i] | lower_case);
    letters_ += ascii.size();
  }

  /// "U.S.A." and "a.M." are one word, "St.Gallen" is two.
  void dot() {
    if (letters_ != 1) separator();
    letters_ = 0;
  }

  void separator() {
    if (!word_.empty()) close();
    hyphen_ = false;
  }

  void hyphen() {
    separator();
    hyphen_ = true;
  }

  void comma() {
    separator();
    comma_ = true;
  }

 private:
  void close() {
    letters_ = 0;
    if (!joined_with_last(word_)) add(word_);
    comma_ = false;
    word_.clear();
  }

  /// "b-dul" is one word, the short form of another.
  bool joined_with_last(std::string_view word) {
    constexpr std::size_t longest = 6;  // bytes of each part
    if (!hyphen_ || out_.words.empty() || word.size() > longest) return false;
    auto& last = out_.words.back();
    const auto before = std::string_view(out_.text).substr(last.begin, last.end - last.begin);
    if (before.size() > longest) return false;
    const auto joined = std::string(before) + '-' + std::string(word);
    const auto canonical = canonical_word(joined);
    if (canonical == joined) return false;
    out_.text.resize(last.begin);
    out_.text += canonical;
    last.end = static_cast<std::uint32_t>(out_.text.size());
    return true;
  }

  /// A word in its canonical spelling; "konigstrasse" is two.
  void add(std::string_view word) {
    if (const auto suffix = street_suffix(word); suffix > 0) {
      add(word.substr(0, word.size() - suffix));
      comma_ = false;
      add(word.substr(word.size() - suffix));
      return;
    }
    if (!out_.text.empty()) out_.text += ' ';
    const auto begin = static_cast<std::uint32_t>(out_.text.size());
    out_.text += canonical_word(word);
    out_.words.push_back(
        {.begin = begin, .end = static_cast<std::uint32_t>(out_.text.size()), .after_comma = comma_});
  }

  Folded& out_;
  std::string word_;         // that is being read
  std::size_t letters_ = 0;  // of it, since its last dot
  bool comma_ = true;
  bool hyphen_ = false;
};

bool is_ascii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void fold_ascii(std::string_view s, Words& words) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto begin = i;
    while (i < s.size() && is_letter(s[i])) ++i;
    words.letters(s.substr(begin, i - begin));
    if (i == s.size()) break;
    const char c = s[i];
    if (c == '.') {
      words.dot();
    } else if (is_comma(c)) {
      words.comma();
    } else if (c == '-') {
      words.hyphen();
    } else if (!is_apostrophe(c)) {
      words.separator();
    }
  }
  words.separator();
}

void append_utf8(UChar32 c, Words& words) {
  char bytes[U8_MAX_LENGTH];
  std::int32_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, c);
  words.letter({bytes, static_cast<std::size_t>(length)});
}

/// "12½" is twelve and a half, not 121/2.
void set_fractions_apart(icu::UnicodeString& text) {
  for (std::int32_t i = text.length() - 1; i > 0; --i) {
    const char16_t c = text[i];
    if ((c >= 0xBC && c <= 0xBE) || (c >= 0x2150 && c <= 0x215E)) text.insert(i, u' ');
  }
}

void fold_unicode(std::string_view s, Words& words) {
  UErrorCode error = U_ZERO_ERROR;
  static const icu::Normalizer2* const nfkd = [] {
    UErrorCode status = U_ZERO_ERROR;
    return icu::Normalizer2::getNFKDInstance(status);
  }();
  auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(s.data(), static_cast<std::int32_t>(s.size())));
  set_fractions_apart(text);
  text.foldCase();
  const icu::UnicodeString decomposed = nfkd->normalize(text, error);
  for (std::int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 c = u_foldCase(decomposed.char32At(i), U_FOLD_CASE_DEFAULT);  // "℃" decomposes to a capital
    if (is_accent(c) || is_apostrophe(c)) continue;
    if (c == '.') {
      words.dot();
    } else if (is_comma(c)) {
      words.comma();
    } else if (c == '-') {
      words.hyphen();
    } else if (const auto latin = latin_letter(c); !latin.empty()) {
      words.letter(latin);
    } else if (u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0) {
      append_utf8(c, words);
    } else {
      words.separator();
    }
  }
  words.separator();
}

/// How German, Danish, Norwegian and Swedish are written without their letters. Nothing when there are none.
std::string written_out(std::string_view utf8) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> letters = {{
      {"ä", "ae"},
      {"ö", "oe"},
      {"ü", "ue"},
      {"å", "aa"},
      {"ø", "oe"},
      {"Ä", "Ae"},
      {"Ö", "Oe"},
      {"Ü", "Ue"},
      {"Å", "Aa"},
      {"Ø", "Oe"},
  }};
  std::string out;
  bool changed = false;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto* found = std::ranges::find_if(
        letters, [&](const auto& letter) { return utf8.substr(i).starts_with(letter.first); });
    if (found != letters.end()) {
      out += found->second;
      i += found->first.size();
      changed = true;
    } else {
      out += utf8[i++];
    }
  }
  return changed ? out : std::string();
}

/// With each apostrophe as a space ("L'Aquila", "L Aquila"). Nothing when there is none.
std::string apostrophes_as_spaces(std::string_view utf8) {
  std::string out(utf8);
  bool changed = false;
  for (const std::string_view mark : {"'", "’", "ʼ", "‘", "`"}) {
    for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark, at)) {
      out.replace(at, mark.size(), " ");
      changed = true;
    }
  }
  return changed ? out : std::string();
}

}  // namespace

Folded fold_words(std::string_view utf8) {
  Folded out;
  out.text.reserve(utf8.size());
  Words words(out);
  is_ascii(utf8) ? fold_ascii(utf8, words) : fold_unicode(utf8, words);
  return out;
}

std::string fold(std::string_view utf8) {
  return fold_words(utf8).text;
}

std::vector<std::string> folded_forms(std::string_view utf8) {
  std::vector<std::string> forms;
  const auto add = [&forms](std::string_view variant) {
    if (variant.empty()) return;
    auto folded = fold(variant);
    if (!folded.empty() && std::ranges::find(forms, folded) == forms.end())
      forms.push_back(std::move(folded));
  };
  add(utf8);
  if (!is_ascii(utf8)) add(written_out(utf8));
  add(apostrophes_as_spaces(utf8));
  return forms;
}

}  // namespace waypost::geo
