#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "geo/descriptor.hpp"
#include "waypost/base/error.hpp"

namespace waypost::geo {

/// Reads a text line by line in bounded memory, from a file or from memory, plain or gzip (also of several
/// members). One thread.
class LineReader {
 public:
  static Result<LineReader> open(const std::filesystem::path& path);
  /// `bytes` must outlive the reader; `name` is for messages.
  static LineReader over(std::string_view bytes, std::string name);

  /// The next line, without its end; valid until the next call. Nothing at the end of the text; fails when
  /// the file cannot be read, is broken or truncated gzip, or has a line over 1 MiB.
  Result<std::optional<std::string_view>> next();
  /// Of the line returned last, from 1.
  std::uint64_t line() const { return line_; }
  const std::string& name() const { return name_; }
  /// Bytes consumed, as they lie on disk, and in all.
  std::uint64_t consumed() const { return consumed_; }
  std::uint64_t size() const { return size_; }

 private:
  struct Inflate {
    z_stream stream{};
    bool inside_member = false;
    Inflate();
    ~Inflate();
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;
  };

  LineReader() = default;
  Result<bool> read_more();
  Result<std::string_view> read_input();
  Result<bool> inflate_more();
  std::unexpected<Error> broken(const std::string& why) const;

  Descriptor file_;
  std::string_view memory_;
  std::string name_;
  std::string input_buffer_;
  std::string_view input_;  // read and not yet used
  std::unique_ptr<Inflate> gzip_;
  std::string text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0, consumed_ = 0, size_ = 0;
  bool started_ = false;
};

}  // namespace waypost::geo
