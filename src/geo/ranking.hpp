#pragma once

#include <string>
#include <vector>

#include "geo/reading.hpp"
#include "geo/respelling.hpp"
#include "waypost/geo/search.hpp"

/// Which of several readings comes first.
namespace waypost::geo {

/// What a query would rather have. Each bias lifts a place by some powers of ten of importance; none adds a
/// place. Lives no longer than gazetteer and query.
class Preference {
 public:
  Preference(const Gazetteer& gazetteer, const ForwardQuery& query);

  bool has_biases() const { return region_ != no_place || query_.bounds || query_.focus; }
  /// Powers of ten of a place's importance, and what biases add.
  double weight(const index::PlaceRecord& place) const;
  /// Of what the biases can lift a place by, from 0 to 1.
  double bias_share(const index::PlaceRecord& place) const;
  /// What the candidate's place in the order costs: that of its reading and, where spelling was forgiven, how
  /// unlikely the place is to have been meant. An error weighs as much as some powers of ten of importance:
  /// one letter is not forgiven towards a hamlet when two would lead to a metropolis.
  double rank_cost(const Candidate& candidate) const;
  /// The least that rank_cost can be of a reading that costs as much and names the place.
  double least_rank_cost(double cost, std::size_t errors, const index::PlaceRecord& place) const;

 private:
  double lift(const index::PlaceRecord& place) const;
  double unlikely(double weight, std::size_t errors) const;

  const IndexView& index_;
  const ForwardQuery& query_;
  PlaceNumber region_ = no_place;
};

/// Best first, each place once: by rank_cost in classes, then by what the query would rather have, then by
/// importance. Leaves out what is much worse or much less important than the first, as the query asks.
void rank(const Gazetteer& gazetteer, const ForwardQuery& query, const QueryText& text,
          const Preference& preference, const LanguageChain& languages, Understood& understood);

}  // namespace waypost::geo
