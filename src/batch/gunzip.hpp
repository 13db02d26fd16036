#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "waypost/base/error.hpp"

struct z_stream_s;

namespace waypost::batch {

/// Inflates gzip (RFC 1952, any number of members) that comes in pieces; what comes out goes on in pieces of
/// at most 64 KiB, so a bomb stops at whatever limit the sink holds. One thread.
class Gunzip {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;

  Gunzip();
  /// Fails with malformed_manifest and the byte, or as the sink does.
  Result<void> feed(std::string_view bytes, const Sink& sink);
  /// Fails when the data stops before its end.
  Result<void> finish() const;

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  std::unique_ptr<z_stream_s, End> stream_;
  std::uint64_t consumed_ = 0;
  bool at_member_end_ = false;
};

}  // namespace waypost::batch
