// What arrives on a connection: a head and a chunked body, read whole and cut at every byte, must be found to
// end at the same place and to say the same; heads that are taken apart hold no byte that could end a line.

#include <string>
#include <vector>

#include "check.hpp"
#include "net/chunk_decoder.hpp"
#include "net/message_head.hpp"
#include "waypost/net/http.hpp"

namespace {

using namespace waypost;
using namespace waypost::net;
using State = HeadScanner::State;

constexpr std::size_t longest_line = 600, longest_head = 1500, most_cuts = 300;

/// The scanner's verdict on all of it, told of `first` bytes before.
std::pair<State, std::size_t> scan(std::string_view bytes, std::size_t first) {
  HeadScanner scanner(longest_line, longest_head);
  const State early = scanner.scan(bytes.substr(0, first));
  if (early != State::incomplete) return {early, scanner.size()};
  const State state = scanner.scan(bytes);
  return {state, scanner.size()};
}

void take_apart(std::string_view head) {
  std::vector<FieldView> fields;
  if (const auto line = parse_request_head(head, fields)) {
    for (const auto& [name, value] : fields) {
      require(!name.empty() && name.find_first_of(" \t\r\n:") == std::string_view::npos);
      require(value.find_first_of("\r\n") == std::string_view::npos && !value.contains('\0'));
    }
    require(line->target.find_first_of(" \t\r\n") == std::string_view::npos);
    const auto framing = request_framing(fields, line->minor_version);
    require(!framing || framing->kind != Framing::Kind::until_close);  // RFC 9112 §6.3: never of a request
    static_cast<void>(keeps_alive(fields, line->minor_version));
    if (const auto parts = split_target(line->target))
      require(parts->path.size() + parts->query.size() <= line->target.size());
  }
  if (const auto line = parse_response_head(head, fields)) {
    require(line->status >= 100 && line->status <= 999);
    static_cast<void>(response_framing(fields, *line, false));
  }
}

struct Decoded {
  std::string data;
  ChunkDecoder::State state = ChunkDecoder::State::more;
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

void decode(ChunkDecoder& decoder, std::string_view part, Decoded& decoded) {
  while (!part.empty() && decoded.state == ChunkDecoder::State::more) {
    const auto step = decoder.step(part);
    require(step.consumed <= part.size() && step.data.size() <= step.consumed);
    require(step.consumed > 0 || step.state != ChunkDecoder::State::more);
    decoded.data += step.data;
    decoded.state = step.state;
    decoded.consumed += step.consumed;
    part.remove_prefix(step.consumed);
  }
}

Decoded decode(std::string_view body, std::size_t cut) {
  ChunkDecoder decoder;
  Decoded decoded;
  decode(decoder, body.substr(0, cut), decoded);
  decode(decoder, body.substr(cut), decoded);
  if (decoded.state == ChunkDecoder::State::malformed)
    decoded.consumed = 0;  // where it was noticed is no matter
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = text_of(data, size);
  const auto [state, end] = scan(bytes, 0);
  for (std::size_t cut = 0; cut <= std::min(size, most_cuts); ++cut) {
    const auto [also, other_end] = scan(bytes, cut);
    require(also == state);
    require(state != State::complete || other_end == end);
  }
  if (state != State::complete) return 0;
  take_apart(bytes.substr(0, end));
  const std::string_view body = bytes.substr(end);
  const Decoded whole = decode(body, 0);
  for (std::size_t cut = 0; cut <= std::min(body.size(), most_cuts); ++cut)
    require(decode(body, cut) == whole);
  return 0;
}
