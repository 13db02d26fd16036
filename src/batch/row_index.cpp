#include "batch/row_index.hpp"

#include <bit>
#include <cstring>

namespace waypost::batch {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the index is read and written as it lies in memory");

constexpr std::size_t entry_bytes = 8;
constexpr std::uint8_t status_bits = 0x03;
constexpr std::uint8_t again_bit = 0x80;

}  // namespace

std::string encode(const std::vector<RowState>& rows) {
  std::string bytes(rows.size() * entry_bytes, '\0');
  char* at = bytes.data();
  for (const RowState& row : rows) {
    const auto flags = static_cast<std::uint8_t>(static_cast<std::uint8_t>(row.status) |
                                                 (row.again ? again_bit : std::uint8_t{0}));
    std::memcpy(at, &row.length, 4);
    std::memcpy(at + 4, &row.attempts, 2);
    std::memcpy(at + 6, &row.run_attempts, 1);
    std::memcpy(at + 7, &flags, 1);
    at += entry_bytes;
  }
  return bytes;
}

Result<std::vector<RowState>> decode_rows(std::string_view bytes, std::size_t rows) {
  if (bytes.size() != rows * entry_bytes)
    return fail(Code::internal, "the stored report is damaged",
                "the index of a chunk of " + std::to_string(rows) + " rows has " +
                    std::to_string(bytes.size()) + " bytes");
  std::vector<RowState> states(rows);
  const char* at = bytes.data();
  for (RowState& row : states) {
    std::uint8_t flags = 0;
    std::memcpy(&row.length, at, 4);
    std::memcpy(&row.attempts, at + 4, 2);
    std::memcpy(&row.run_attempts, at + 6, 1);
    std::memcpy(&flags, at + 7, 1);
    row.again = (flags & again_bit) != 0;
    if ((flags & status_bits) > static_cast<std::uint8_t>(RowStatus::failed))
      return fail(Code::internal, "the stored report is damaged", "a row has an unknown status");
    row.status = static_cast<RowStatus>(flags & status_bits);
    at += entry_bytes;
  }
  return states;
}

}  // namespace waypost::batch
