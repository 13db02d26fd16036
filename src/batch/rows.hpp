#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "batch/mapping.hpp"
#include "waypost/base/error.hpp"
#include "waypost/base/json.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::batch {

/// A row as it stands in its manifest; valid during the call it is handed to.
struct InputRow {
  std::uint64_t number = 0;  // from 1, in the manifest
  std::uint64_t line = 0;
  /// Of CSV: one per column (missing ones are "", surplus ones dropped), and how many the row really had.
  std::span<const std::string_view> values;
  std::size_t count = 0;
  /// Of NDJSON: the object, and its text.
  std::optional<json::Value> object;
  std::string_view text;

  bool malformed() const { return !object && count != values.size(); }
  /// The value of a column; its name is looked up in NDJSON.
  Cell cell(std::size_t column, const std::vector<std::string>& columns) const;
};

/// Calls `on_row` for each row of a chunk, in order, until it returns false. Fails with internal when the
/// bytes are not what was checked at the upload.
Result<void> for_each_row(const ManifestChunk& chunk, const ManifestFacts& facts,
                          const std::function<bool(const InputRow&)>& on_row);

}  // namespace waypost::batch
