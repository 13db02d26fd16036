#include "geo/respelling.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <tuple>

#include "geo/ranking.hpp"
#include "geo/spelling.hpp"
#include "geo/street_words.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t most_readings = 16, most_while_typed = 6;  // of one query, the exact one among them
constexpr std::size_t most_for_word = 48;                        // other spellings weighed for a word
constexpr std::size_t most_respelt_words = 3;
constexpr std::size_t most_words_of_town = 4;
constexpr double does_not_fit = 0.5, is_no_neighbour = 0.25;  // doubts about a spelling, in unexplained words
constexpr double by_its_own_name = 0.1;  // what a place may cost more that is called so (ranking.hpp)
constexpr double equal = 0.02;           // costs nearer to each other are

/// Other words for words [first, last).
struct Respelling {
  std::size_t first, last;
  std::string words;
  std::size_t errors, weight;
  double least;  ///< what the order of a place found by it costs at least, as far as one can tell
};

/// A text as it was read. Lives no longer than the text.
struct Attempt {
  Query query;
  Reading reading;
  std::vector<Candidate> candidates;

  Attempt(const Gazetteer& gazetteer, const QueryText& text, const Filter& filter, bool thorough)
      : query(gazetteer.view(), text),
        reading(gazetteer, query, filter, {.thorough = thorough || query.unknown() == 0}),
        candidates(reading.read()) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
};

/// Gathers what may be tried for the words of a text.
class Spellings {
 public:
  Spellings(const Gazetteer& gazetteer, const Attempt& attempt, const Preference& preference, double spent)
      : index_(gazetteer.view()),
        query_(attempt.query),
        reading_(attempt.reading),
        preference_(preference),
        spent_(spent) {}

  /// The most promising first.
  std::vector<Respelling> of(Query::Mask words) {
    for (auto left = words & query_.all(); left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (query_.unfinished() && i + 1 == query_.size()) continue;
      words_of_index(i);
      if (index_.has_streets()) {
        suffix(i);
        common_words_like(i);
      }
      split(i);
      join(i);
    }
    std::ranges::sort(found_, {}, [](const Respelling& one) { return std::tie(one.least, one.words); });
    return std::move(found_);
  }

 private:
  double price(std::size_t weight) const { return spent_ + cost::error * static_cast<double>(weight); }

  void add(std::size_t first, std::size_t last, std::string words, std::size_t errors, std::size_t weight) {
    found_.push_back({.first = first,
                      .last = last,
                      .words = std::move(words),
                      .errors = errors,
                      .weight = weight,
                      .least = price(weight)});
  }

  void words_of_index(std::size_t i) {
    const auto own = Query::Mask{1} << i;
    const bool alone = (query_.of_parents() & ~own) == 0 && !query_.has_number();
    for (const auto& meant : spelling::meant(index_, query_.word(i), most_for_word)) {
      const auto fitting = alone ? meant.best : reading_.fitting(meant.word, own);
      const auto* place = index_.place(fitting.value_or(meant.best));
      if (place == nullptr) continue;
      add(i, i + 1, std::string(meant.word), meant.errors, meant.weight);
      auto& least = found_.back().least;
      least = preference_.least_rank_cost(least, meant.errors, *place);
      if (!fitting) least += does_not_fit;
      if (!is_neighbour(i, meant.word)) least += is_no_neighbour;
    }
  }

  /// Whether some name has the word next to one that is next to it here; true when it stands alone.
  bool is_neighbour(std::size_t i, std::string_view word) const {
    const bool has_left = i > 0 && !query_.after_comma(i) && !query_.has_digit(i - 1);
    const bool has_right = i + 1 < query_.size() && !query_.after_comma(i + 1) && !query_.has_digit(i + 1);
    if (!has_left && !has_right) return true;
    const auto follow = [&](std::string_view first, std::string_view second) {
      return index_.may_be_neighbours(std::string(first) + ' ' + std::string(second));
    };
    return (has_left && follow(query_.word(i - 1), word)) || (has_right && follow(word, query_.word(i + 1)));
  }

  /// "jahnstrase" is no word, but "jahn" is, and what follows it is nearly "strasse".
  void suffix(std::size_t i) {
    struct Suffix {
      std::string_view text;
      spelling::Distance distance;
    };
    static const auto suffixes = [] {
      const auto made = [](std::string_view text) {
        return Suffix{.text = text, .distance = spelling::Distance(spelling::letters_of(text))};
      };
      return std::array{made("strasse"), made("platz"), made("straat")};
    }();
    const auto word = query_.word(i);
    for (const auto& [suffix, distance] : suffixes) {
      for (auto length = suffix.size() - 1; length <= suffix.size() + 1; ++length) {
        constexpr std::size_t least_before = 3;
        if (word.size() < length + least_before) break;
        const auto stem = word.substr(0, word.size() - length);
        if (distance.to(word.substr(stem.size())) > 1) continue;
        if (index_.find(index::Mark::street_word, stem).empty()) continue;
        add(i, i + 1, std::string(stem) + ' ' + std::string(canonical_word(suffix)), 1, 1);
        if (!reading_.fitting(stem, Query::Mask{1} << i)) found_.back().least += does_not_fit;
      }
    }
  }

  /// "sreet" and "nortwest": words that no index holds, since it holds their short forms.
  void common_words_like(std::size_t i) {
    const auto letters = spelling::letters_of(query_.word(i));
    const auto limit = spelling::forgiven(letters);
    if (limit == 0) return;
    struct Common {
      std::string_view word, canonical;
      std::size_t letters;
    };
    static const auto long_ones = [] {
      std::vector<Common> made;
      for (const auto& [word, canonical] : common_words()) {
        const auto size = spelling::letters_of(word).size();
        if (size >= 4) made.push_back({.word = word, .canonical = canonical, .letters = size});
      }
      return made;
    }();
    const spelling::Distance distance(letters);
    for (const auto& [word, canonical, size] : long_ones) {
      if (size > letters.size() + limit || letters.size() > size + limit) continue;
      const auto errors = distance.to(word);
      if (errors == 0 || errors > limit) continue;
      add(i, i + 1, std::string(canonical), errors,
          errors + (query_.word(i).front() == word.front() ? 0 : 1));
    }
  }

  /// "sanfrancisco" with the space that was forgotten.
  void split(std::size_t i) {
    const auto word = query_.word(i);
    if (word.size() < 6 || query_.has_digit(i)) return;
    for (std::size_t at = 2; at + 2 <= word.size(); ++at) {
      if ((static_cast<unsigned char>(word[at]) & 0xC0) == 0x80) continue;  // within a letter
      auto two = std::string(canonical_word(word.substr(0, at))) + ' ' +
                 std::string(canonical_word(word.substr(at)));
      if (index_.may_be_neighbours(two)) add(i, i + 1, std::move(two), 1, 1);
    }
  }

  /// "mal mo" with the space that is too many.
  void join(std::size_t i) {
    constexpr std::size_t least = 6;  // bytes
    if (i + 1 >= query_.size() || query_.has_digit(i) || query_.has_digit(i + 1)) return;
    auto joined = std::string(query_.word(i)) + std::string(query_.word(i + 1));
    if (joined.size() < least) return;
    for (const auto mark : {index::Mark::name, index::Mark::street, index::Mark::street_word}) {
      if (index_.find(mark, joined).empty()) continue;
      add(i, i + 2, std::move(joined), 1, 1);
      return;
    }
  }

  const IndexView& index_;
  const Query& query_;
  const Reading& reading_;
  const Preference& preference_;
  const double spent_;
  std::vector<Respelling> found_;
};

class Respeller {
 public:
  Respeller(const Gazetteer& gazetteer, const QueryText& text, const Filter& filter,
            const Preference& preference)
      : gazetteer_(gazetteer), filter_(filter), preference_(preference), asked_(text), text_(&text) {
    attempt_.emplace(gazetteer, text, filter, false);
    understood_.candidates = std::move(attempt_->candidates);
    unexplained_ = attempt_->reading.unexplained();
  }

  Understood run() {
    if (good() || unexplained_ == 0) return std::move(understood_);
    const bool hasty = attempt_->query.unknown() != 0;
    for (std::size_t round = 0; round < most_respelt_words; ++round) {
      if (!improve(unexplained_) || good() || unexplained_ == 0) break;
    }
    // A misspelt word may name some other place: "Benos Aires".
    if (!good() && unexplained_ != 0 && asked_.folded.words.size() <= most_words_of_town)
      improve(~unexplained_);
    if (!good() && hasty) read_thoroughly();
    return std::move(understood_);
  }

 private:
  double best_cost() const { return best().empty() ? 1e9 : best().front().cost; }
  std::vector<Candidate>& best() { return understood_.candidates; }
  const std::vector<Candidate>& best() const { return understood_.candidates; }
  bool good() const { return best_cost() - spent_ < cost::of_partial; }

  /// Replaces the one word that helps most; false when none does.
  bool improve(Query::Mask words) {
    if (!attempt_) attempt_.emplace(gazetteer_, *text_, filter_, true);
    const auto respellings = Spellings(gazetteer_, *attempt_, preference_, spent_).of(words);
    double least = best_cost() - equal;  // of what is found now, ranked
    const Respelling* chosen = nullptr;
    Query::Mask unexplained = 0;
    std::vector<Candidate> found;
    for (const auto& respelling : respellings) {
      if (readings_ >= (asked_.unfinished ? most_while_typed : most_readings)) break;
      if (chosen != nullptr && respelling.least > least + by_its_own_name) break;  // the others cost more
      const double price = spent_ + cost::error * static_cast<double>(respelling.weight);
      if (price > least + equal) continue;
      ++readings_;
      const auto respelt = text_->with(respelling.first, respelling.last, respelling.words);
      const Query query(gazetteer_.view(), respelt);
      Reading reading(gazetteer_, query, filter_, {.most_cost = least + equal - price});
      auto candidates = reading.read();
      // A spelling that explains nothing is no better than the one it replaces.
      if (candidates.empty() || (reading.unexplained() >> respelling.first & 1) != 0) continue;
      const double before = least;
      for (auto& candidate : candidates) {
        candidate.cost += price;
        candidate.errors = errors_ + respelling.errors;
        candidate.respelt = understood_.texts.size() + 1;
        least = std::min(least, preference_.rank_cost(candidate));
        found.push_back(std::move(candidate));
      }
      understood_.texts.push_back(respelt.folded.text);
      if (chosen != nullptr && least == before) continue;
      chosen = &respelling;
      unexplained = reading.unexplained();
    }
    if (chosen == nullptr) return false;
    std::ranges::sort(found, {}, [this](const Candidate& one) { return preference_.rank_cost(one); });
    best() = std::move(found);
    unexplained_ = unexplained;
    spent_ += cost::error * static_cast<double>(chosen->weight);
    errors_ += chosen->errors;
    attempt_.reset();  // it looks into the text
    respelt_ = text_->with(chosen->first, chosen->last, chosen->words);
    text_ = &*respelt_;
    return true;
  }

  /// With the streets that have some of the words only, which a misspelt word makes long work of.
  void read_thoroughly() {
    Attempt attempt(gazetteer_, asked_, filter_, true);
    if (attempt.candidates.empty() || attempt.candidates.front().cost >= best_cost() - equal) return;
    best() = std::move(attempt.candidates);
  }

  const Gazetteer& gazetteer_;
  const Filter& filter_;
  const Preference& preference_;
  Understood understood_;
  const QueryText& asked_;
  const QueryText* text_;             // with the words that were replaced so far
  std::optional<QueryText> respelt_;  // that text, unless none was
  std::optional<Attempt> attempt_;    // of that text, once it was read without limits
  Query::Mask unexplained_ = 0;
  double spent_ = 0;  // on errors
  std::size_t errors_ = 0, readings_ = 1;
};

}  // namespace

Understood understand(const Gazetteer& gazetteer, const QueryText& text, const Filter& filter,
                      const Preference& preference) {
  return Respeller(gazetteer, text, filter, preference).run();
}

}  // namespace waypost::geo
