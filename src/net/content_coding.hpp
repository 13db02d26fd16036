#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "waypost/base/error.hpp"

/// gzip as a content coding (RFC 9110 §8.4).
namespace waypost::net {

/// Bodies at most this long are not worth compressing.
inline constexpr std::size_t min_compressed_bytes = 1024;
/// What is (de)compressed at most on an io thread; more goes to a background thread.
inline constexpr std::size_t max_inline_bytes = 64 * 1024;

/// Whether an Accept-Encoding lets gzip be sent: its weight is not zero and not below that of `identity`. Any
/// thread.
bool accepts_gzip(std::string_view accept_encoding);
/// Whether a media type is text that gzip makes smaller: JSON, XML, text, CSV, NDJSON. Any thread.
bool is_compressible(std::string_view content_type);

/// Any thread; a thread's compressor is kept for its next call.
std::string gzip(std::string_view data);
/// Appends what `data` (one or more gzip members) inflates to. Fails with payload_too_large past `max_bytes`
/// of output, never having more than that in memory, and with malformed_request when it is not whole and
/// valid gzip. Any thread.
Result<void> gunzip(std::string_view data, std::size_t max_bytes, std::string& out);

/// Compresses a stream piece by piece; each piece can be inflated as soon as it is sent. One thread at a
/// time.
class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  /// What to send for `piece`; valid until the next call.
  std::string_view compress(std::string_view piece);
  /// What to send last.
  std::string_view finish();

 private:
  struct State;
  std::string_view run(std::string_view piece, int flush);
  std::unique_ptr<State> state_;
  std::string out_;
};

}  // namespace waypost::net
