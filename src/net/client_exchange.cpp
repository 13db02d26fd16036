#include "net/client_exchange.hpp"

#include <algorithm>
#include <array>

#include "net/characters.hpp"
#include "net/chunk_decoder.hpp"

namespace waypost::net {

using namespace characters;

namespace {

constexpr std::size_t max_status_line = 8 * 1024;
constexpr std::size_t max_head = 64 * 1024;
constexpr std::size_t head_read_size = 4 * 1024;
constexpr std::size_t body_read_size = 64 * 1024;
constexpr int max_interim_responses = 16;

/// Fields that frame the message or concern the connection: the client's own business.
bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 10> reserved{"host",
                                                             "content-length",
                                                             "transfer-encoding",
                                                             "connection",
                                                             "keep-alive",
                                                             "proxy-connection",
                                                             "upgrade",
                                                             "te",
                                                             "trailer",
                                                             "expect"};
  return std::ranges::any_of(reserved, [&](std::string_view own) { return equals_lower(name, own); });
}

/// Methods whose requests say their length even when that is 0 (RFC 9110 §8.6).
bool has_length(const ClientRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

}  // namespace

std::expected<std::string, std::string> serialize_head(const ClientRequest& request) {
  if (!is_token(request.method)) return std::unexpected("the method is not a word of letters");
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(request.url.target).append(" HTTP/1.1\r\nHost: ");
  head.append(request.url.authority()).append("\r\n");
  bool agent = false;
  for (const auto& [name, value] : request.fields) {
    if (!is_token(name)) return std::unexpected("'" + name + "' is not the name of a header field");
    if (!is_field_value(value))
      return std::unexpected("header field '" + name + "' holds a control character");
    if (is_reserved(name)) continue;
    agent = agent || equals_lower(name, "user-agent");
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!agent) head.append("User-Agent: waypost\r\n");
  if (has_length(request))
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  head.append("\r\n");
  return head;
}

ClientExchange::Fault ClientExchange::fail_with(Fault fault, std::string message) {
  message_ = std::move(message);
  return fault;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::run(std::string_view head) {
  const auto write_error = co_await connection_.write(head, request_.body);
  // A server may refuse before it has read all: its answer, if there is one, says more than the broken write.
  const Fault fault = co_await receive();
  if (write_error) reusable_ = false;
  if (fault == Fault::broken && write_error) message_ = "the connection broke: " + write_error.message();
  co_return fault;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::receive() {
  int interim = 0;
  do {
    const Fault fault = co_await receive_head();
    if (fault != Fault::none) co_return fault;
    if (line_.status == 101) co_return fail_with(Fault::malformed, "the server switched protocols unasked");
    if (++interim > max_interim_responses)
      co_return fail_with(Fault::malformed, "the server sent only interim responses");
  } while (line_.status < 200);

  const auto framing = response_framing(head_fields_, line_, request_.method == "HEAD");
  if (!framing) co_return fail_with(Fault::malformed, framing.error().message);
  response_.status = line_.status;
  response_.address = connection_.address();
  for (const auto& [name, value] : head_fields_)
    response_.fields.push_back({std::string(name), std::string(value)});
  if (request_.sink != nullptr && line_.status < 300) {
    sink_ = request_.sink;
    sink_->begin(response_);
  }
  const Fault fault = co_await receive_body(*framing);
  // Bytes behind the response would be taken for the next one.
  reusable_ = fault == Fault::none && !cut_ && framing->kind != Framing::Kind::until_close &&
              keeps_alive(head_fields_, line_.minor_version) && connection_.buffered().empty();
  co_return fault;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::receive_head() {
  HeadScanner scanner(max_status_line, max_head);
  while (true) {
    const auto state = scanner.scan(connection_.buffered());
    if (state == HeadScanner::State::complete) break;
    if (state == HeadScanner::State::bare_line_feed) {
      co_return fail_with(Fault::malformed, "a line of the response's head ends with LF alone");
    }
    if (state != HeadScanner::State::incomplete) {
      co_return fail_with(Fault::malformed, "the response's head is too long");
    }
    const auto error = co_await connection_.fill(head_read_size);
    answered_ = answered_ || !connection_.buffered().empty();
    if (error) {
      const bool nothing = connection_.buffered().empty();
      co_return fail_with(Fault::broken, nothing ? "the connection ended before a response came"
                                                 : "the connection ended within the response's head");
    }
  }
  answered_ = true;
  head_text_.assign(connection_.buffered().substr(0, scanner.size()));
  connection_.consume(scanner.size());
  const auto line = parse_response_head(head_text_, head_fields_);
  if (!line) co_return fail_with(Fault::malformed, line.error().message);
  line_ = *line;
  co_return Fault::none;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::receive_body(Framing framing) {
  switch (framing.kind) {
    case Framing::Kind::none:
      co_return Fault::none;
    case Framing::Kind::length:
      co_return co_await receive_length(framing.length);
    case Framing::Kind::chunked:
      co_return co_await receive_chunks();
    case Framing::Kind::until_close:
      co_return co_await receive_until_close();
  }
  co_return Fault::none;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::take(std::string_view piece) {
  if (sink_ != nullptr) co_return co_await pass_on(piece);
  co_return keep(piece);
}

asio::awaitable<ClientExchange::Fault> ClientExchange::pass_on(std::string_view piece) {
  passed_on_ += piece.size();
  if (passed_on_ > request_.max_response_bytes)
    co_return fail_with(Fault::too_large, "the response is longer than " +
                                              std::to_string(request_.max_response_bytes) + " bytes");
  const bool wanted = piece.empty() || co_await sink_->take(piece);
  if (!wanted) co_return fail_with(Fault::malformed, "the rest of the response is not wanted");
  connection_.deadline().set(request_.timeout);
  co_return Fault::none;
}

ClientExchange::Fault ClientExchange::keep(std::string_view piece) {
  const std::size_t room = request_.max_response_bytes - response_.body.size();
  response_.body.append(piece.substr(0, room));
  if (piece.size() <= room) return Fault::none;
  cut_ = true;
  if (request_.truncate) return Fault::none;
  return fail_with(Fault::too_large,
                   "the response is longer than " + std::to_string(request_.max_response_bytes) + " bytes");
}

asio::awaitable<ClientExchange::Fault> ClientExchange::fill() {
  const auto error = co_await connection_.fill(body_read_size);
  if (error) co_return fail_with(Fault::broken, "the connection ended within the response's body");
  co_return Fault::none;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::receive_length(std::uint64_t length) {
  if (length > request_.max_response_bytes && !request_.truncate) {
    co_return fail_with(Fault::too_large, "the response's body of " + std::to_string(length) +
                                              " bytes is longer than " +
                                              std::to_string(request_.max_response_bytes));
  }
  std::uint64_t left = length;
  while (left > 0 && !cut_) {
    const auto piece =
        connection_.buffered().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, SIZE_MAX)));
    if (piece.empty()) {
      const Fault fault = co_await fill();
      if (fault != Fault::none) co_return fault;
      continue;
    }
    const Fault fault = co_await take(piece);
    if (fault != Fault::none) co_return fault;
    left -= piece.size();
    connection_.consume(piece.size());
  }
  co_return Fault::none;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::receive_chunks() {
  ChunkDecoder chunks;
  while (!cut_) {
    if (connection_.buffered().empty()) {
      const Fault fault = co_await fill();
      if (fault != Fault::none) co_return fault;
    }
    const auto step = chunks.step(connection_.buffered());
    if (step.state == ChunkDecoder::State::malformed) {
      co_return fail_with(Fault::malformed, "the response's chunked coding is broken");
    }
    const Fault fault = co_await take(step.data);
    if (fault != Fault::none) co_return fault;
    connection_.consume(step.consumed);
    if (step.state == ChunkDecoder::State::done) break;
  }
  co_return Fault::none;
}

asio::awaitable<ClientExchange::Fault> ClientExchange::receive_until_close() {
  while (!cut_) {
    const Fault fault = co_await take(connection_.buffered());
    if (fault != Fault::none) co_return fault;
    connection_.consume(connection_.buffered().size());
    const auto error = co_await connection_.fill(body_read_size);
    if (error == asio::error::eof) break;
    if (error) co_return fail_with(Fault::broken, "the connection broke within the response's body");
  }
  co_return Fault::none;
}

}  // namespace waypost::net
