#include "geo/row_log.hpp"

#include <algorithm>

namespace waypost::geo {
namespace {

constexpr std::size_t first_skips_kept = 5;
constexpr std::uint64_t rows_between_progress = 20'000;

}  // namespace

void RowLog::enter(const Input& input) {
  input_ = &input;
}

void RowLog::leave() {
  tell();
  bytes_before_ += input_->size();
  input_ = nullptr;
}

void RowLog::row(std::uint64_t line) {
  line_ = line;
  if (++rows_ % rows_between_progress == 0) tell();
}

void RowLog::skip(std::string_view reason) {
  auto it = std::ranges::find(skipped_, reason, &Skipped::reason);
  if (it == skipped_.end()) it = skipped_.insert(it, {.reason = std::string(reason)});
  ++it->rows;
  ++skipped_rows_;
  if (it->first.size() < first_skips_kept) it->first.push_back({.file = input_->name(), .line = line_});
}

void RowLog::tell() const {
  if (!progress_) return;
  progress_({.file = input_->name(),
             .bytes_done = std::min(bytes_total_, bytes_before_ + input_->consumed()),
             .bytes_total = bytes_total_,
             .rows = rows_});
}

}  // namespace waypost::geo
