#include "operation/geocoding_common.hpp"

#include <algorithm>
#include <array>

#include "waypost/base/text.hpp"

namespace waypost::operation {
namespace {

Failure permanent(std::string code, std::string message) {
  return {
      .code = std::move(code), .message = std::move(message), .retry = false, .retry_after = std::nullopt};
}

Failure no_gazetteer() {
  return {.code = "gazetteer_unavailable",
          .message = "no gazetteer is loaded yet",
          .retry = true,
          .retry_after = std::nullopt};
}

}  // namespace

std::span<const std::string_view> geocoding_columns() {
  static constexpr std::array<std::string_view, 8> columns = {
      "geocode_status", "formatted_address", "lat",   "lng",
      "location_type",  "place_id",          "types", "partial_match"};
  return columns;
}

bool is_object(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) {
  if (payload.is(json::Kind::object)) return true;
  faults.push_back({.pointer = pointer, .code = "wrong_type", .detail = "must be an object"});
  return false;
}

Outcome run_payload(const geo::Catalog& catalog, const Task& task, const ReadPayload& read) {
  const auto gazetteer = catalog.current();
  if (!gazetteer) return no_gazetteer();
  const auto document = json::Document::parse(task.payload);
  if (!document) return permanent("validation_failed", document.error().message);
  std::vector<Fault> faults;
  const auto query = read(document->root(), faults);
  if (!faults.empty()) return permanent("validation_failed", faults.front().detail);
  return Success{.body = geo::google_json(geo::lookup(gazetteer, query))};
}

std::string_view PayloadTexts::text(std::string_view name, std::size_t longest) {
  return fields_.string(name, {0, longest}).value_or("");
}

void PayloadTexts::fault(std::string_view name, std::string_view what) {
  fields_.fault(name, "invalid", std::string(what));
}

std::string_view RowTexts::text(std::string_view name, std::size_t longest) {
  const auto value = value_of(row_, name);
  if (value.size() <= longest) return value;
  fault(name, "is longer than " + std::to_string(longest) + " bytes");
  return {};
}

void RowTexts::fault(std::string_view name, std::string_view what) {
  if (!failure_) failure_ = invalid_row("'" + std::string(name) + "' " + std::string(what));
}

std::string read_language(QueryTexts& texts) {
  constexpr std::size_t longest = 64;
  return std::string(texts.text("language", longest));
}

Failure invalid_row(std::string message) {
  return permanent("validation_failed", std::move(message));
}

std::string_view value_of(const RowFields& row, std::string_view name) {
  const auto it = std::ranges::find(row.names, name);
  return it == row.names.end() ? std::string_view()
                               : row.values[static_cast<std::size_t>(it - row.names.begin())];
}

std::optional<Failure> unknown_field(const RowFields& row, std::span<const std::string_view> known) {
  for (const auto name : row.names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto near = text::nearest(name, known);
    return invalid_row("'" + std::string(name) + "' is no field of this operation" +
                       (near ? "; did you mean '" + *near + "'?" : std::string()));
  }
  return std::nullopt;
}

std::optional<Failure> answer_row(const geo::Catalog& catalog, const geo::GoogleQuery& query, bool want_json,
                                  std::vector<std::string>& columns, std::string& json) {
  const auto gazetteer = catalog.current();
  if (!gazetteer) return no_gazetteer();
  const auto answer = geo::lookup(gazetteer, query);
  auto flat = geo::flat_result(answer);
  columns.assign({std::string(geo::name_of(answer.status)), std::move(flat.formatted_address),
                  std::move(flat.lat), std::move(flat.lng), std::string(flat.location_type),
                  std::move(flat.place_id), std::move(flat.types), std::string(flat.partial_match)});
  if (want_json) json = geo::google_json(answer);
  return std::nullopt;
}

}  // namespace waypost::operation
