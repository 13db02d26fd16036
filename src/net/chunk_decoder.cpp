#include "net/chunk_decoder.hpp"

#include <algorithm>

#include "net/characters.hpp"

namespace waypost::net {

namespace {

/// What extensions and trailers of one message may take: nobody needs them here, and they cost time to read.
constexpr std::size_t max_overhead = 16 * 1024;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkDecoder::Step ChunkDecoder::step(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size()) {
    if (expect_ == Expect::data) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size() - at));
      remaining_ -= size;
      if (remaining_ == 0) expect_ = Expect::data_return;
      return {State::more, at + size, input.substr(at, size)};
    }
    if (!accept(input[at])) return {State::malformed, at, {}};
    ++at;
    if (done_) return {State::done, at, {}};
  }
  return {State::more, at, {}};
}

bool ChunkDecoder::accept(char c) {
  switch (expect_) {
    case Expect::size:
      return accept_size(c);
    case Expect::blanks:
      return accept_behind_size(c) && ++overhead_ <= max_overhead;
    case Expect::extension:
      if (c == '\r') {
        expect_ = Expect::size_line_feed;
        return true;
      }
      return characters::has(c, characters::value_bit) && ++overhead_ <= max_overhead;
    case Expect::size_line_feed:
      last_chunk_ = remaining_ == 0;
      expect_ = last_chunk_ ? Expect::trailer : Expect::data;
      return c == '\n';
    case Expect::data:
      return false;
    case Expect::data_return:
      expect_ = Expect::data_line_feed;
      return c == '\r';
    case Expect::data_line_feed:
      expect_ = Expect::size;
      digits_ = 0;
      return c == '\n';
    case Expect::trailer:
      if (c == '\r') {
        expect_ = Expect::trailer_line_feed;
        return true;
      }
      ++line_;
      return characters::has(c, characters::value_bit) && ++overhead_ <= max_overhead;
    case Expect::trailer_line_feed:
      done_ = line_ == 0;
      line_ = 0;
      expect_ = Expect::trailer;
      return c == '\n';
  }
  return false;
}

bool ChunkDecoder::accept_size(char c) {
  const int digit = hex_digit(c);
  if (digit >= 0) {
    if (digits_ == 0) remaining_ = 0;
    // 15 digits are 2^60 bytes: no overflow, and more than any body.
    if (++digits_ > 15) return false;
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    return true;
  }
  return digits_ > 0 && accept_behind_size(c);
}

bool ChunkDecoder::accept_behind_size(char c) {
  switch (c) {
    case '\r':
      expect_ = Expect::size_line_feed;
      return true;
    case ';':
      expect_ = Expect::extension;
      return true;
    case ' ':
    case '\t':  // before an extension's semicolon (BWS); some servers pad the size with them
      expect_ = Expect::blanks;
      return true;
    default:
      return false;
  }
}

}  // namespace waypost::net
