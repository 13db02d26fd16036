#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "geo/input.hpp"
#include "geo/source_rows.hpp"
#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

/// A source: the rows of one import in the words of the index builder, kept so that an index can be built
/// from all sources again.
///
/// Layout, little-endian: Header · rows, gzip · SourceInfo as JSON. A row is four bytes of length and what
/// source_rows.hpp makes of it. The rows carry gzip's checksum, header and info one of their own.
namespace waypost::geo {

/// Writes a source. Failures of the disk are kept and told by `finish`. One thread.
class SourceWriter {
 public:
  static Result<SourceWriter> create(const std::filesystem::path& path);
  SourceWriter(SourceWriter&&) noexcept;
  ~SourceWriter();

  void add(const SourceRow& row);
  /// Writes what is left and the info, and syncs.
  Result<void> finish(const SourceInfo& info);

 private:
  struct State;
  explicit SourceWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads a source. One thread.
class SourceReader {
 public:
  /// Reads and checks the head only.
  static Result<SourceReader> open(const std::filesystem::path& path);
  const SourceInfo& info() const { return info_; }
  /// The next row, whose texts are valid until the next call; nothing at the end. Fails when the file is
  /// damaged: the message names the source and the remedy.
  Result<std::optional<SourceRow>> next();

 private:
  SourceReader(Input input, SourceInfo info) : input_(std::move(input)), info_(std::move(info)) {}
  Result<bool> fill(std::size_t bytes);

  Input input_;
  SourceInfo info_;
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace waypost::geo
