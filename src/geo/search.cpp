#include "waypost/geo/search.hpp"

#include <algorithm>

#include "geo/filter.hpp"
#include "geo/fold.hpp"
#include "geo/houses.hpp"
#include "geo/plus_code_search.hpp"
#include "geo/ranking.hpp"
#include "geo/respelling.hpp"
#include "waypost/geo/lookup_figures.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

/// "Königstra" is on its way to "Königstraße", which the index holds as "konig st": only "konig" is searched
/// for.
void leave_out_suffix(const IndexView& index, QueryText& text) {
  if (text.folded.words.empty()) return;
  const auto last = text.folded.words.size() - 1;
  const auto word = text.folded.phrase(last, last + 1);
  constexpr std::size_t least_before = 3;
  for (const std::string_view begun : {"strass", "stras", "stra", "plat", "pla", "st"}) {
    if (word.size() < begun.size() + least_before || !word.ends_with(begun)) continue;
    const auto stem = std::string(word.substr(0, word.size() - begun.size()));
    if (index.find(index::Mark::street_word, stem).empty()) continue;
    const auto names = index.beginning_with(index::Mark::name, word);
    if (names.first == names.second) text = text.with(last, last + 1, stem);
    return;
  }
}

Understood understood_of(const Gazetteer& gazetteer, const ForwardQuery& query, const Filter& filter,
                         const Preference& preference, QueryText& text) {
  if (filter.impossible()) return {};
  if (!query.parts.empty()) {
    text.add(query.parts.street, role::street);
    text.add(query.parts.locality, role::locality);
    text.add(query.parts.admin, role::admin);
    text.add(query.parts.postal_code, role::postal_code);
    text.add(query.parts.country, role::country);
  } else {
    text.add(query.text, role::any);
  }
  if (text.unfinished) leave_out_suffix(gazetteer.view(), text);
  if (!text.folded.words.empty()) return understand(gazetteer, text, filter, preference);
  Understood understood;
  if (query.text.empty()) {
    for (const auto number : filter.named())
      understood.candidates.push_back({.place = number, .house = std::nullopt});
  }
  return understood;
}

MatchKind match_of(const Candidate& candidate) {
  const double of_errors = cost::error * static_cast<double>(candidate.errors);
  if (candidate.cut_short || candidate.unexplained >= cost::of_partial ||
      candidate.cost - of_errors >= 2 * cost::of_partial)
    return MatchKind::partial;
  if (candidate.errors > 0) return MatchKind::fuzzy;
  return candidate.completed ? MatchKind::prefix : MatchKind::exact;
}

Hit hit_of(const Gazetteer& gazetteer, Candidate& candidate, std::size_t words) {
  const auto& index = gazetteer.view();
  Hit hit{.place = candidate.place, .house = {}, .match = match_of(candidate), .distance_m = {}, .parts = {}};
  const double of_all = static_cast<double>(std::max<std::size_t>(words, 1));
  hit.score = std::clamp(1 - candidate.cost / of_all, 0.01, hit.match == MatchKind::exact ? 1.0 : 0.99);
  hit.parts.completeness = std::clamp(1 - candidate.unexplained / of_all, 0.0, 1.0);
  hit.parts.match = std::clamp(1 - (candidate.cost - candidate.unexplained) / of_all, 0.0, 1.0);
  const double rank =
      static_cast<double>(candidate.place) / std::max(1.0, static_cast<double>(gazetteer.size()));
  hit.parts.importance = 1 - rank;
  if (candidate.house) {
    const auto* record = candidate.house->record;
    hit.house = HouseHit{
        .number = record == nullptr ? candidate.house->number : std::string(index.text(record->text)),
        .location = candidate.house->location,
        .postal_code = candidate.house->postal_code,
        .interpolated = record == nullptr};
  }
  return hit;
}

Answer answer_for(const GazetteerPtr& gazetteer, std::string_view language) {
  Answer answer;
  answer.gazetteer = gazetteer;
  answer.languages = gazetteer->languages(language);
  return answer;
}

Answer forward(const GazetteerPtr& gazetteer, const ForwardQuery& query, bool unfinished) {
  auto answer = answer_for(gazetteer, query.language);
  const Filter filter(*gazetteer, query.filters);
  QueryText text;
  text.unfinished = unfinished;
  const Preference preference(*gazetteer, query);
  auto understood = understood_of(*gazetteer, query, filter, preference, text);
  rank(*gazetteer, query, text, preference, answer.languages, understood);
  answer.hits.reserve(std::min(query.limit, understood.candidates.size()));
  for (auto& candidate : understood.candidates) {
    if (answer.hits.size() >= query.limit) break;
    auto hit = hit_of(*gazetteer, candidate, text.folded.words.size());
    const auto* place = gazetteer->view().place(hit.place);
    if (preference.has_biases() && place != nullptr) hit.parts.bias = preference.bias_share(*place);
    if (filter.admits(kind_of(*gazetteer, hit), location_of(*gazetteer, hit),
                      hit.house ? hit.house->postal_code : no_place)) {
      answer.hits.push_back(std::move(hit));
    }
  }
  answer.status = answer.hits.empty() ? Status::zero_results : Status::ok;
  return answer;
}

/// The house of a street with this hash.
std::optional<HouseHit> house_with(const Gazetteer& gazetteer, PlaceNumber street, std::uint32_t hash) {
  const auto count = gazetteer.place(street).houses;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto house = gazetteer.house(street, i);
    const auto code =
        house.postal_code == no_place ? std::string_view() : gazetteer.place(house.postal_code).name;
    if (house_hash(fold(house.number), code) != hash) continue;
    return HouseHit{
        .number = std::string(house.number), .location = house.location, .postal_code = house.postal_code};
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::zero_results:
      return "ZERO_RESULTS";
    case Status::not_found:
      return "NOT_FOUND";
    case Status::invalid_request:
      return "INVALID_REQUEST";
  }
  return "UNKNOWN_ERROR";
}

Answer geocode(const GazetteerPtr& gazetteer, const ForwardQuery& query) {
  auto cell = geocode_plus_code(gazetteer, query);
  Answer answer = cell ? *std::move(cell) : forward(gazetteer, query, false);
  note_lookup(LookupKind::forward, !answer.hits.empty());
  return answer;
}

Answer autocomplete(const GazetteerPtr& gazetteer, const ForwardQuery& query) {
  auto cell = geocode_plus_code(gazetteer, query);
  Answer answer = cell ? *std::move(cell) : forward(gazetteer, query, true);
  note_lookup(LookupKind::autocomplete, !answer.hits.empty());
  return answer;
}

namespace {

Answer find_place(const GazetteerPtr& gazetteer, const PlaceQuery& query) {
  if (auto cell = plus_code_place(gazetteer, query)) return *std::move(cell);
  auto answer = answer_for(gazetteer, query.language);
  const auto ref = parse_place_id(query.place_id);
  if (!ref) {
    answer.status = Status::invalid_request;
    answer.error_message = "Invalid request. Invalid 'place_id' parameter.";
    return answer;
  }
  answer.status = Status::not_found;
  const auto number = gazetteer->find(ref->key);
  if (!number) return answer;
  Hit hit{.place = *number, .house = {}, .distance_m = {}, .parts = {}};
  if (ref->house) {
    hit.house = house_with(*gazetteer, *number, *ref->house);
    if (!hit.house) return answer;
  }
  answer.hits.push_back(std::move(hit));
  answer.status = Status::ok;
  return answer;
}

}  // namespace

Answer place(const GazetteerPtr& gazetteer, const PlaceQuery& query) {
  Answer answer = find_place(gazetteer, query);
  note_lookup(LookupKind::place, !answer.hits.empty());
  return answer;
}

}  // namespace waypost::geo
