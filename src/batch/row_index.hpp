#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"

namespace waypost::batch {

enum class RowStatus : std::uint8_t { not_run, succeeded, failed };

/// What became of one row so far.
struct RowState {
  std::uint32_t length = 0;       // of its text in the report
  std::uint16_t attempts = 0;     // in all runs
  std::uint8_t run_attempts = 0;  // in the present run
  RowStatus status = RowStatus::not_run;
  bool again = false;  // it failed and is to be tried again

  bool operator==(const RowState&) const = default;
};

/// The states of a chunk's rows as they lie behind their text in the report's file: eight bytes each,
/// little-endian.
std::string encode(const std::vector<RowState>& rows);
/// Fails with internal when the bytes are not what `encode` makes of `rows` rows.
Result<std::vector<RowState>> decode_rows(std::string_view bytes, std::size_t rows);

}  // namespace waypost::batch
