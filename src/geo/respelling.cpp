#include "geo/respelling.hpp"

#include <algorithm>
#include <tuple>

#include "geo/spelling.hpp"
#include "geo/street_words.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t most_readings = 20, most_while_typed = 6;  // of one query, the exact one among them
constexpr std::size_t most_for_word = 10;                        // other spellings tried for a word
constexpr std::size_t most_respelt_words = 3;
constexpr std::size_t most_words_of_town = 4;

/// Other words for words [first, last).
struct Respelling {
  std::size_t first, last;
  std::string words;
  std::size_t errors, weight;
  bool fits;
  std::size_t place_in_list;  ///< among those found
};

bool is_known(const IndexView& index, std::string_view text) {
  return !index.find(index::Mark::name, text).empty() || !index.find(index::Mark::street, text).empty() ||
         !index.find(index::Mark::street_word, text).empty();
}

class Respeller {
 public:
  Respeller(const Gazetteer& gazetteer, const QueryText& text, const Filter& filter)
      : gazetteer_(gazetteer), index_(gazetteer.view()), filter_(filter), text_(text) {}

  std::vector<Candidate> run() {
    const auto exact = read(text_, nullptr);
    best_ = exact.candidates;
    auto unexplained = exact.unexplained;
    for (std::size_t round = 0; round < most_respelt_words && !good() && unexplained != 0; ++round) {
      if (!improve(unexplained)) break;
      unexplained = unexplained_;
    }
    // A misspelt word may name some other place: "Benos Aires".
    if (!good() && unexplained != 0 && text_.folded.words.size() <= most_words_of_town) improve(~unexplained);
    return std::move(best_);
  }

 private:
  struct Outcome {
    std::vector<Candidate> candidates;
    Query::Mask unexplained = 0;
  };

  bool good() const { return !best_.empty() && best_.front().cost - spent_ < cost::of_partial; }

  /// Reads a text; with `respellings`, also gathers what may be tried next for its unexplained words.
  Outcome read(const QueryText& text, std::vector<Respelling>* respellings, Query::Mask words = 0) {
    ++readings_;
    const Query query(index_, text);
    Reading reading(gazetteer_, query, filter_);
    Outcome outcome;
    outcome.candidates = reading.read();
    outcome.unexplained = reading.unexplained();
    if (respellings != nullptr) gather(query, reading, words, *respellings);
    return outcome;
  }

  void gather(const Query& query, const Reading& reading, Query::Mask words,
              std::vector<Respelling>& out) const {
    for (std::size_t i = 0; i < query.size(); ++i) {
      if ((words >> i & 1) == 0 || (query.unfinished() && i + 1 == query.size())) continue;
      const auto own = Query::Mask{1} << i;
      for (const auto& meant : spelling::meant(index_, query.word(i), 64)) {
        out.push_back({.first = i,
                       .last = i + 1,
                       .words = std::string(meant.word),
                       .errors = meant.errors,
                       .weight = meant.weight,
                       .fits = reading.would_fit(meant.word, own),
                       .place_in_list = out.size()});
      }
      split(query, i, out);
      mend_suffix(query, i, reading, out);
      mend_common_word(query, i, out);
      if (i + 1 < query.size() && !query.has_digit(i) && !query.has_digit(i + 1)) {
        const auto joined = std::string(query.word(i)) + std::string(query.word(i + 1));
        if (joined.size() >= 6 && is_known(index_, joined))
          out.push_back({.first = i,
                         .last = i + 2,
                         .words = joined,
                         .errors = 1,
                         .weight = 1,
                         .fits = true,
                         .place_in_list = out.size()});
      }
    }
    // What fits comes before what has as many errors and does not.
    const auto order = [](const Respelling& one) {
      return std::tuple(2 * one.weight + (one.fits ? 0 : 1), one.place_in_list);
    };
    std::ranges::sort(out, [&](const Respelling& a, const Respelling& b) { return order(a) < order(b); });
    std::vector<std::size_t> tried(query.size());
    std::erase_if(out, [&](const Respelling& one) { return ++tried[one.first] > most_for_word; });
  }

  /// "jahnstrase" is no word, but "jahn" is, and what follows it is nearly "strasse".
  void mend_suffix(const Query& query, std::size_t i, const Reading& reading,
                   std::vector<Respelling>& out) const {
    const auto word = query.word(i);
    for (const std::string_view suffix : {"strasse", "platz", "straat"}) {
      for (auto length = suffix.size() - 1; length <= suffix.size() + 1; ++length) {
        constexpr std::size_t least_before = 3;
        if (word.size() < length + least_before) break;
        const auto stem = word.substr(0, word.size() - length), tail = word.substr(word.size() - length);
        if (spelling::distance(spelling::letters_of(tail), spelling::letters_of(suffix), 1) > 1) continue;
        if (index_.find(index::Mark::street_word, stem).empty()) continue;
        out.push_back({.first = i,
                       .last = i + 1,
                       .words = std::string(stem) + ' ' + std::string(suffix),
                       .errors = 1,
                       .weight = 1,
                       .fits = reading.would_fit(stem, Query::Mask{1} << i),
                       .place_in_list = out.size()});
      }
    }
  }

  /// "sreet" and "nortwest": words that no index holds, since it holds their short forms.
  void mend_common_word(const Query& query, std::size_t i, std::vector<Respelling>& out) const {
    const auto letters = spelling::letters_of(query.word(i));
    const auto limit = spelling::forgiven(letters);
    if (limit == 0) return;
    for (const auto& [word, canonical] : common_words()) {
      if (word.size() < 4) continue;
      const auto meant = spelling::letters_of(word);
      const auto errors = spelling::distance(letters, meant, limit);
      if (errors == 0 || errors > limit) continue;
      out.push_back({.first = i,
                     .last = i + 1,
                     .words = std::string(word),
                     .errors = errors,
                     .weight = errors + (letters.front() == meant.front() ? 0 : 1),
                     .fits = true,
                     .place_in_list = out.size()});
    }
  }

  /// "sanfrancisco" with the space that was forgotten.
  void split(const Query& query, std::size_t i, std::vector<Respelling>& out) const {
    const auto word = query.word(i);
    if (word.size() < 6 || query.has_digit(i)) return;
    for (std::size_t at = 2; at + 2 <= word.size(); ++at) {
      if ((static_cast<unsigned char>(word[at]) & 0xC0) == 0x80) continue;  // within a letter
      const auto two = std::string(word.substr(0, at)) + ' ' + std::string(word.substr(at));
      if (is_known(index_, two))
        out.push_back({.first = i,
                       .last = i + 1,
                       .words = two,
                       .errors = 1,
                       .weight = 1,
                       .fits = true,
                       .place_in_list = out.size()});
    }
  }

  /// Replaces the one word that helps most; false when none does.
  bool improve(Query::Mask words) {
    std::vector<Respelling> respellings;
    read(text_, &respellings, words);
    const double before = best_.empty() ? 1e9 : best_.front().cost;
    double least = before;
    std::optional<QueryText> chosen;
    double chosen_spent = 0;
    for (const auto& respelling : respellings) {
      if (readings_ >= (text_.unfinished ? most_while_typed : most_readings)) break;
      const double price = spent_ + cost::error * static_cast<double>(respelling.weight);
      if (chosen && least <= price) break;  // nothing dearer can win
      auto text = text_.with(respelling.first, respelling.last, respelling.words);
      auto outcome = read(text, nullptr);
      // A spelling that explains nothing is no better than the one it replaces.
      if ((outcome.unexplained >> respelling.first & 1) != 0) continue;
      for (auto& candidate : outcome.candidates) {
        candidate.cost += price;
        candidate.errors = errors_ + respelling.errors;
      }
      if (outcome.candidates.empty()) continue;
      const double now = outcome.candidates.front().cost;
      constexpr double equal = 0.02;
      const bool better = now < least - equal;
      const bool as_good = chosen && now < least + equal;
      if (!better && !as_good) continue;
      if (better) {
        least = now;
        best_ = std::move(outcome.candidates);
        unexplained_ = outcome.unexplained;
        chosen = std::move(text);
        chosen_spent = price;
        chosen_errors_ = errors_ + respelling.errors;
      } else {
        std::ranges::move(outcome.candidates, std::back_inserter(best_));
      }
    }
    if (!chosen) return false;
    std::ranges::sort(best_, {}, &Candidate::cost);
    text_ = std::move(*chosen);
    spent_ = chosen_spent;
    errors_ = chosen_errors_;
    return true;
  }

  const Gazetteer& gazetteer_;
  const IndexView& index_;
  const Filter& filter_;
  QueryText text_;
  std::vector<Candidate> best_;
  Query::Mask unexplained_ = 0;
  double spent_ = 0;  // on errors
  std::size_t errors_ = 0, chosen_errors_ = 0;
  std::size_t readings_ = 0;
};

}  // namespace

std::vector<Candidate> understand(const Gazetteer& gazetteer, const QueryText& text, const Filter& filter) {
  return Respeller(gazetteer, text, filter).run();
}

}  // namespace waypost::geo
