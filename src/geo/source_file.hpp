#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "geo/index_builder.hpp"
#include "geo/input.hpp"
#include "geo/shape.hpp"
#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

/// A source: the rows of one import in the words of the index builder, kept so that an index can be built
/// from all sources again.
///
/// Layout, little-endian: Header · rows, gzip · SourceInfo as JSON. A row is four bytes of length, one of its
/// kind, and its fields: numbers as LEB128, texts as length and UTF-8. The rows carry gzip's checksum, header
/// and info one of their own.
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
