#pragma once

#include <optional>
#include <vector>

#include "geo/filter.hpp"
#include "geo/houses.hpp"
#include "geo/query.hpp"

/// Which places a query may mean. There is no grammar: a place that some words name is judged by how many of
/// the other words its parents, its postal codes and its house numbers explain. What is left costs.
namespace waypost::geo {

/// A place that may be meant.
struct Candidate {
  std::uint32_t place = UINT32_MAX;
  double cost = 0;          ///< 0 when every word is explained and spelt right
  double unexplained = 0;   ///< of that: weight of words that nothing explains
  std::size_t errors = 0;   ///< letters forgiven
  bool completed = false;   ///< an unfinished word was completed
  bool cut_short = false;   ///< the beginning of the postal code that is asked for
  std::size_t respelt = 0;  ///< the text it was read in (Understood); 0 for the query's own
  std::optional<FoundHouse> house;
};

/// Costs, in words: what one unexplained word costs is 1.
namespace cost {
inline constexpr double of_partial = 0.3;     ///< from here on a reading leaves something out
inline constexpr double error = 0.25;         ///< a letter forgiven
inline constexpr double completion = 0.01;    ///< a word completed
inline constexpr double nearby = 0.1;         ///< explained by a town near by only
inline constexpr double contradiction = 1.5;  ///< a street that nothing ties to what else is said
inline constexpr double code_of_town = 0.08;  ///< a town for a postal code and its name: the code is meant
inline constexpr double cut_short = 0.04;     ///< the beginning of a postal code: the whole one is meant
inline constexpr double missing_word = 0.12;  ///< a word of the name that the query lacks
inline constexpr double missing_type = 0.03;  ///< "street", or a direction or article, that it lacks
inline constexpr double other_type = 0.35;    ///< "street" where the name says "avenue"
inline constexpr double interpolated = 0.05;  ///< a house between its neighbours
inline constexpr double no_house = 0.5;       ///< no such house on the street
inline constexpr double other_code = 0.2;     ///< a house of another postal code than asked for
}  // namespace cost

/// Reads one query over one index. Lives as long as both.
class Reading {
 public:
  /// How far to look.
  struct Effort {
    double most_cost = 1e9;  ///< candidates that cost more are of no use
    bool thorough = true;    ///< also looks for streets that have some of the words only
  };
  Reading(const Gazetteer& gazetteer, const Query& query, const Filter& filter, Effort effort);

  /// Candidates, best first: those that explain all, and if there are none, those that explain most.
  std::vector<Candidate> read();
  /// The words that the best candidate leaves unexplained; all, when there is none.
  Query::Mask unexplained() const { return unexplained_; }
  /// What a word in place of those in `own` would name that the rest of the query fits, the most important:
  /// a place in a named country or state, a street of a named town. Call after `read`.
  std::optional<std::uint32_t> fitting(std::string_view word, Query::Mask own) const;

 private:
  struct Fit {
    Query::Mask mask = 0;
    double cost = 0;
    bool completed = false;
  };
  void read_places();
  void consider(const Phrase& phrase, std::span<const std::uint32_t> places, bool completed);
  void read_streets();
  /// Whether a candidate of this cost may matter, seen what there is.
  bool is_worth(double cost) const;
  void offer(Candidate candidate, Query::Mask explained);
  Query::Mask rests_of_codes(Query::Mask explained, std::uint32_t number) const;
  bool may_stand_alone(const Phrase& phrase) const;
  double weight_of(Query::Mask words) const;
  std::string_view country_code(const index::PlaceRecord& place) const;

  /// What phrases explain of a place, of words that are not its own name's nor explained already.
  struct Taken {
    Query::Mask own = 0, explained = 0;
  };
  Fit surroundings(const index::PlaceRecord& place, std::uint32_t number, Taken taken) const;
  /// What a phrase explains; nothing, 0 or cost::nearby.
  std::optional<double> fits(const Phrase& phrase, const index::PlaceRecord& place, std::uint32_t number,
                             bool& completed) const;
  bool names_parent(std::span<const std::uint32_t> named, Roles roles, const index::PlaceRecord& place,
                    std::uint32_t number) const;
  bool has_code(std::span<const std::uint32_t> codes, const index::PlaceRecord& place,
                std::uint32_t number) const;
  /// Whether the code is the beginning of one of these.
  bool begins_one(const index::PlaceRecord& code, std::span<const std::uint32_t> codes) const;
  std::optional<double> names_neighbour(const Phrase& phrase, const index::PlaceRecord& place) const;

  /// A range of street numbers: the streets of a town.
  struct Town {
    std::uint32_t begin, end;
  };
  void gather_towns();
  void add_town(std::uint32_t place);
  void streets_of_towns();
  void streets_elsewhere();
  void streets_by_word();
  void judge_street(std::uint32_t number);
  struct Words {
    Query::Mask mask = 0;  ///< words of the query that the street's name has
    double cost = 0;       ///< of what the name has and the query lacks
    bool named = false;    ///< whether more than "street" and "the" is among them
    bool typed = true;     ///< whether the query says that it is a street, where the name does
  };
  Words street_words(std::uint32_t number, const index::PlaceRecord& street) const;
  /// Words [begin, end) of a house number, [main] its first number for sure.
  struct NumberWords {
    std::size_t begin, main, end;
  };
  std::optional<NumberWords> number_words(Query::Mask words, Query::Mask explained) const;
  /// The house that the words in neither mask ask for.
  void add_house(const index::PlaceRecord& street, Query::Mask words, Query::Mask& explained,
                 Candidate& candidate) const;

  const Gazetteer& gazetteer_;
  const IndexView& index_;
  const Query& query_;
  const Filter& filter_;
  Effort effort_;
  std::vector<std::uint32_t> codes_;  // postal codes that are asked for, ascending
  std::vector<Candidate> candidates_;
  std::vector<std::uint32_t> judged_;  // streets, ascending
  std::vector<Town> towns_;
  double best_cost_ = 1e9;
  Query::Mask unexplained_;
};

}  // namespace waypost::geo
