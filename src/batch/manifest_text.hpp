#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::batch {

/// The text of a manifest as it streams by: checked, its columns learnt, its rows counted out. One thread.
class ManifestText {
 public:
  /// A place between two rows.
  struct Place {
    std::uint64_t offset = 0;  // of the next byte
    std::uint64_t line = 1;    // it is on
  };
  /// Called at the end of each data row.
  using OnRow = std::function<Result<void>(Place)>;

  static std::unique_ptr<ManifestText> make(ManifestFormat format, OnRow on_row);
  virtual ~ManifestText() = default;

  /// Fails with malformed_manifest, line and column.
  Result<void> feed(std::string_view bytes);
  Result<void> finish();
  /// Where the first data row may start.
  virtual Place data_start() const = 0;
  virtual const std::vector<std::string>& columns() const = 0;

 protected:
  /// `offset` is that of the first byte: 3 after a byte order mark.
  virtual void start(std::uint64_t offset) = 0;
  virtual Result<void> take(std::string_view bytes) = 0;
  virtual Result<void> end() = 0;

 private:
  Result<void> begin();
  std::string head_;  // the first bytes, until it is known whether they are a byte order mark
  bool begun_ = false;
};

/// malformed_manifest at a place; the message starts with it.
Error malformed_at(std::uint64_t line, std::uint64_t column, std::string_view message);

}  // namespace waypost::batch
