#include "net/response_sender.hpp"

#include <optional>
#include <utility>

#include "net/characters.hpp"
#include "net/content_coding.hpp"
#include "waypost/base/log.hpp"
#include "waypost/net/offload.hpp"

namespace waypost::net {

namespace {

/// Bodies up to this long are copied behind their head rather than gathered: one cache-warm copy is cheaper.
constexpr std::size_t max_copied_body = 16 * 1024;
constexpr std::size_t max_kept_out = 64 * 1024;

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

bool is_encoded(const Response& response) {
  return std::ranges::any_of(response.fields, [](const Field& field) {
    return characters::equals_lower(field.name, "content-encoding");
  });
}

/// Whether a client that accepts gzip gets it: then the response varies by Accept-Encoding for every client.
bool could_compress(const Response& response) {
  if (!response.compress || !may_have_body(response.status) || response.status == 206) return false;
  const std::uint64_t size =
      response.stream ? response.stream_length.value_or(UINT64_MAX) : response.body.size();
  return size > min_compressed_bytes && is_compressible(response.content_type) && !is_encoded(response);
}

/// The pieces of a source, compressed; large ones on a background thread.
class GzipSource final : public BodySource {
 public:
  GzipSource(std::unique_ptr<BodySource> plain, asio::thread_pool& background)
      : plain_(std::move(plain)), background_(background) {}

  asio::awaitable<Result<std::string_view>> read() override {
    if (finished_) co_return std::string_view{};
    const auto piece = co_await plain_->read();
    if (!piece) co_return piece;
    finished_ = piece->empty();
    if (finished_) co_return gzip_.finish();
    if (piece->size() <= max_inline_bytes) co_return gzip_.compress(*piece);
    auto work = [this, piece = *piece] { return gzip_.compress(piece); };
    co_return co_await offload(background_, std::move(work));
  }

 private:
  std::unique_ptr<BodySource> plain_;
  asio::thread_pool& background_;
  GzipStream gzip_;
  bool finished_ = false;
};

}  // namespace

asio::awaitable<bool> ResponseSender::send(const RequestHead& request, const RequestFacts& facts,
                                           Response response, bool keep_alive) {
  bytes_ = 0;
  ResponseHead head{.date = server_.date.now(),
                    .request_id = request.request_id,
                    .keep_alive = keep_alive,
                    .say_keep_alive = facts.http_1_0,
                    .hsts = wire_.secure() ? server_.settings.hsts : std::chrono::seconds(0)};
  head.varies = could_compress(response);
  head.gzipped = head.varies && accepts_gzip(request.joined("accept-encoding").value_or(""));
  if (head.gzipped) co_await compress(response);
  if (response.stream) co_return co_await send_stream(facts, response, head);
  Wire::Buffers buffers = whole(facts, response, head);
  bytes_ = asio::buffer_size(buffers);
  auto written = wire_.write_now(buffers);
  if (written == Wire::Written::some) {
    const bool rest = co_await wire_.write(buffers, server_.settings.limits.body_timeout);
    written = rest ? Wire::Written::all : Wire::Written::failed;
  }
  co_return written == Wire::Written::all&& keep_alive;
}

asio::awaitable<void> ResponseSender::compress(Response& response) {
  if (response.stream) {
    response.stream = std::make_unique<GzipSource>(std::move(response.stream), server_.background);
    response.stream_length.reset();
  } else if (response.body.size() <= max_inline_bytes) {
    response.body = gzip(response.body);
  } else {
    auto work = [body = std::move(response.body)] { return gzip(body); };
    response.body = co_await offload(server_.background, std::move(work));
  }
}

Wire::Buffers ResponseSender::whole(const RequestFacts& facts, const Response& response, ResponseHead head) {
  std::string_view body = response.body;
  if (may_have_body(response.status)) {
    head.length = body.size();
  } else {
    body = {};
  }
  if (facts.head_request) body = {};
  if (out_.capacity() > max_kept_out) std::string{}.swap(out_);
  out_.clear();
  append_head(out_, response, head);
  if (body.size() <= max_copied_body) {
    out_.append(body);
    body = {};
  }
  return {asio::buffer(out_), asio::buffer(body)};
}

asio::awaitable<bool> ResponseSender::send_stream(const RequestFacts& facts, const Response& response,
                                                  ResponseHead head) {
  head.length = response.stream_length;
  head.chunked = !head.length && !facts.http_1_0;
  if (!head.length && !head.chunked) head.keep_alive = false;
  out_.clear();
  append_head(out_, response, head);
  const Wire::Buffers buffers{asio::buffer(out_)};
  const bool sent = co_await write(buffers);
  if (!sent || facts.head_request || !may_have_body(response.status)) co_return sent&& head.keep_alive;
  const bool whole = co_await send_pieces(response, head);
  co_return whole&& head.keep_alive;
}

asio::awaitable<bool> ResponseSender::send_pieces(const Response& response, const ResponseHead& head) {
  std::uint64_t left = head.length.value_or(UINT64_MAX);
  while (true) {
    const auto piece = co_await response.stream->read();
    if (!piece) {
      log::error("a response's body could not be produced; the connection is cut",
                 {{"request_id", head.request_id},
                  {"message", piece.error().message},
                  {"cause", piece.error().cause}});
      co_return false;
    }
    if (piece->size() > left || (piece->empty() && head.length && left > 0)) {
      log::error("a response's body is not as long as announced; the connection is cut",
                 {{"request_id", head.request_id}, {"length", *head.length}});
      co_return false;
    }
    left -= piece->size();
    if (!piece->empty() || head.chunked) {
      const bool sent = co_await send_piece(*piece, head.chunked);
      if (!sent) co_return false;
    }
    if (piece->empty()) co_return true;
  }
}

asio::awaitable<bool> ResponseSender::send_piece(std::string_view piece, bool chunked) {
  if (!chunked) {
    const Wire::Buffers plain{asio::buffer(piece)};
    co_return co_await write(plain);
  }
  // The empty piece is the last chunk "0", which an empty trailer follows.
  std::array<char, 24> size;
  char* end = std::to_chars(size.data(), size.data() + 16, piece.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  const Wire::Buffers chunk{asio::buffer(size.data(), static_cast<std::size_t>(end - size.data())),
                            asio::buffer(piece), asio::buffer(std::string_view("\r\n"))};
  co_return co_await write(chunk);
}

asio::awaitable<bool> ResponseSender::write(Wire::Buffers buffers) {
  bytes_ += asio::buffer_size(buffers);
  return wire_.write(buffers, server_.settings.limits.body_timeout);
}

}  // namespace waypost::net
