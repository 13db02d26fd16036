#pragma once

#include <cstdint>
#include <string_view>

namespace waypost::net {

/// Takes the chunked transfer coding off a body (RFC 9112 §7.1) as its bytes arrive. Extensions and trailers
/// are bounded and dropped. Pure; one message each.
class ChunkDecoder {
 public:
  enum class State { more, done, malformed };
  struct Step {
    State state = State::more;
    std::size_t consumed = 0;  ///< of the input
    std::string_view data;     ///< the body's next bytes, a part of the input; may be empty
  };
  /// Goes on to the next data or the input's end. After `done` the rest of the input belongs to the next
  /// message.
  Step step(std::string_view input);

 private:
  enum class Expect {
    size,
    blanks,
    extension,
    size_line_feed,
    data,
    data_return,
    data_line_feed,
    trailer,
    trailer_line_feed
  };
  /// Whether `c` may come now; moves on to what comes next.
  bool accept(char c);
  bool accept_size(char c);
  bool accept_behind_size(char c);

  Expect expect_ = Expect::size;
  bool done_ = false;
  bool last_chunk_ = false;
  int digits_ = 0;
  std::uint64_t remaining_ = 0;  // of the chunk
  std::size_t line_ = 0;         // bytes of the trailer line so far
  std::size_t overhead_ = 0;     // bytes of extensions and trailers so far
};

}  // namespace waypost::net
