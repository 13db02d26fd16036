#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "geo/index_builder.hpp"
#include "geo/shape.hpp"

/// The rows of a source, and how they are written: a byte for the kind of row, then its fields; numbers as
/// LEB128, texts as length and UTF-8. Pure; any thread.
namespace waypost::geo {

/// A further name of a place of the same source (or of another: an alternateNames file alone).
struct SourceName {
  std::uint64_t key = 0;
  std::string_view language;  ///< as IndexBuilder::add_name
  std::string_view name;
  NameRank rank = NameRank::plain;
};

/// The outline of a country or a state.
struct SourceShape {
  Kind kind = Kind::country;
  std::string_view country;  ///< ISO 3166 alpha-2
  std::string_view admin1;   ///< GeoNames' code of the state, where the file knows it ("08")
  std::string_view iso;      ///< ISO 3166-2 of the state, where the file knows it ("AU-WA")
  std::string_view name;
  std::vector<Ring> rings;
};

using SourceRow = std::variant<DraftPlace, SourceName, DraftPostalCode, DraftAddress, SourceShape>;
/// Takes the rows that a reader of files makes.
using RowSink = std::function<void(const SourceRow&)>;

void append_row(const SourceRow& row, std::string& out);
/// Its texts are views of `bytes`; nothing when they are no row.
std::optional<SourceRow> parse_row(std::string_view bytes);

}  // namespace waypost::geo
