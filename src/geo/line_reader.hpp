#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "geo/input.hpp"
#include "waypost/base/error.hpp"

namespace waypost::geo {

/// Reads a text line by line in bounded memory, plain or gzip. One thread.
class LineReader {
 public:
  explicit LineReader(Input input) : input_(std::move(input)) {}
  static Result<LineReader> open(const std::filesystem::path& path);
  /// `bytes` must outlive the reader; `name` is for messages.
  static LineReader over(std::string_view bytes, std::string name);

  /// The next line, without its end; valid until the next call. Nothing at the end of the text; fails as
  /// Input::next() does, and when a line is over 1 MiB.
  Result<std::optional<std::string_view>> next();
  /// Of the line returned last, from 1.
  std::uint64_t line() const { return line_; }
  const Input& input() const { return input_; }

 private:
  Input input_;
  std::string text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;
};

}  // namespace waypost::geo
