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

/// Reads a file, or what lies in memory, piece by piece, plain or gzip (also of several members). One thread.
class Input {
 public:
  static Result<Input> open(const std::filesystem::path& path);
  /// `size` bytes of a file, from `offset` on.
  static Result<Input> open_part(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t size);
  /// `bytes` must outlive the input; `name` is for messages.
  static Input over(std::string_view bytes, std::string name);

  /// The next piece, inflated; valid until the next call. Empty at the end. Fails when the file cannot be
  /// read, or is broken or truncated gzip.
  Result<std::string_view> next();
  /// What `next` will return first; call it before `next`.
  Result<std::string_view> peek();
  const std::string& name() const { return name_; }
  /// Bytes consumed, as they lie on disk, and in all.
  std::uint64_t consumed() const { return consumed_; }
  std::uint64_t size() const { return size_; }
  /// A failure of this input: its name, then why.
  std::unexpected<Error> broken(const std::string& why) const;

 private:
  struct Inflate {
    z_stream stream{};
    bool inside_member = false;
    Inflate();
    ~Inflate();
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;
  };

  Input() = default;
  Result<std::string_view> next_piece();
  Result<std::string_view> read();
  Result<std::string_view> inflate();

  Descriptor file_;
  std::string_view memory_;
  std::string name_;
  std::string buffer_, inflated_;
  std::string_view compressed_;  // read and not yet inflated
  std::unique_ptr<Inflate> gzip_;
  std::uint64_t consumed_ = 0, size_ = 0;
  std::uint64_t left_ = UINT64_MAX;  // of the file; a pipe does not tell
  std::optional<std::string_view> peeked_;
  bool started_ = false;
};

}  // namespace waypost::geo
