#include "geo/street_name.hpp"

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "geo/fold.hpp"

namespace waypost::geo {
namespace {

/// One of ICU's transliterators, made when first needed; making one takes milliseconds.
class Transliterator {
 public:
  explicit Transliterator(const char* id) : id_(id) {}

  std::string operator()(std::string_view text) {
    if (!made_) {
      UErrorCode error = U_ZERO_ERROR;
      made_.reset(icu::Transliterator::createInstance(id_, UTRANS_FORWARD, error));
      if (U_FAILURE(error) || !made_) return {};
    }
    auto unicode = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
    made_->transliterate(unicode);
    std::string out;
    unicode.toUTF8String(out);
    return out;
  }

 private:
  const char* id_;
  std::unique_ptr<icu::Transliterator> made_;
};

bool is_latin(std::string_view name) {
  // Latin letters, with and without accents, are below U+0250, whose UTF-8 begins with C9.
  return std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) > 0xC9; });
}

/// How the country itself writes its names in Latin letters, as far as ICU knows.
std::string latin_of_country(std::string_view name, std::string_view country) {
  thread_local Transliterator russian("Russian-Latin/BGN"), ukrainian("Ukrainian-Latin/BGN"),
      belarusian("Belarusian-Latin/BGN"), bulgarian("Bulgarian-Latin/BGN"), serbian("Serbian-Latin/BGN"),
      kazakh("Kazakh-Latin/BGN"), greek("Greek-Latin/UNGEGN");
  if (country == "RU") return russian(name);
  if (country == "UA") return ukrainian(name);
  if (country == "BY") return belarusian(name);
  if (country == "BG") return bulgarian(name);
  if (country == "RS") return serbian(name);
  if (country == "KZ") return kazakh(name);
  if (country == "GR" || country == "CY") return greek(name);
  return {};
}

}  // namespace

StreetName::StreetName(std::string_view folded) {
  bool has_long_type = false;
  for (std::size_t begin = 0; begin < folded.size() && size_ < most_words;) {
    const auto end = std::min(folded.find(' ', begin), folded.size());
    const auto word = folded.substr(begin, end - begin);
    const auto role = role_of(word);
    has_long_type |= role == WordRole::street_type && word.size() > 1;
    words_[size_++] = {.text = word, .role = role};
    begin = end + 1;
  }
  const auto own = std::span(words_).first(size_);
  for (auto& word : own) {
    // "C" is short for "carrer", but in "C Street" it is the name.
    word.core = word.role != WordRole::street_type || (word.text.size() == 1 && has_long_type);
  }
  const bool all_types = std::ranges::none_of(own, &StreetWord::core);
  for (auto& word : own) {
    word.core |= all_types;
    typed_ |= !word.core;
  }
}

std::size_t StreetName::count(std::string_view word) const {
  return static_cast<std::size_t>(std::ranges::count(words(), word, &StreetWord::text));
}

std::string street_core(std::string_view folded) {
  std::string core;
  const StreetName name(folded);
  for (const auto& word : name.words()) {
    if (!word.core) continue;
    if (!core.empty()) core += ' ';
    core += word.text;
  }
  return core;
}

std::vector<std::string> street_forms(std::string_view name, std::string_view country) {
  auto forms = folded_forms(name);
  if (is_latin(name)) return forms;
  thread_local Transliterator any("Any-Latin");
  for (const auto& latin : {any(name), latin_of_country(name, country)}) {
    for (auto& form : folded_forms(latin)) {
      if (std::ranges::find(forms, form) == forms.end()) forms.push_back(std::move(form));
    }
  }
  return forms;
}

}  // namespace waypost::geo
