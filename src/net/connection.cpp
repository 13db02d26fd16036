#include "net/connection.hpp"

#include <boost/asio/defer.hpp>

#include <chrono>
#include <utility>

#include "net/characters.hpp"
#include "net/content_coding.hpp"
#include "waypost/base/log.hpp"
#include "waypost/net/offload.hpp"

namespace waypost::net {

namespace {

/// A start line's bytes besides its target: a method, two blanks, the version and CRLF.
constexpr std::size_t start_line_allowance = 64;
constexpr std::size_t max_kept_body = 256 * 1024;
/// Inflated at most on an io thread: a bomb's first part, too.
constexpr std::size_t max_inline_inflated = 4 * max_inline_bytes;

/// Counts a request as under way while it lives. Others only read the count, so that no locked instruction is
/// needed.
class InFlight {
 public:
  explicit InFlight(std::atomic<std::size_t>& count) : count_(count) { add(1); }
  ~InFlight() { add(static_cast<std::size_t>(-1)); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  void add(std::size_t difference) {
    count_.store(count_.load(std::memory_order_relaxed) + difference, std::memory_order_relaxed);
  }
  std::atomic<std::size_t>& count_;
};

bool has_field(const Response& response, std::string_view lower_name) {
  return std::ranges::any_of(
      response.fields, [&](const Field& field) { return characters::equals_lower(field.name, lower_name); });
}

/// The most bytes a body of `max_bytes` can take as gzip: what does not compress grows a little.
std::uint64_t max_gzipped(std::size_t max_bytes) {
  return std::uint64_t{max_bytes} + max_bytes / 512 + 1024;
}

RateFloor floor_of(const ServerLimits& limits) {
  return {limits.min_bytes_per_second, limits.min_rate_window};
}

HeadScanner scanner_for(const ServerLimits& limits) {
  return {limits.max_uri_bytes + start_line_allowance, limits.max_header_bytes};
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerState> server, Socket socket)
    : server_(std::move(server)),
      wire_(server_->context, std::move(socket), floor_of(server_->settings.limits)),
      sender_(wire_, *server_),
      scanner_(scanner_for(server_->settings.limits)),
      peer_(wire_.remote_address()),
      remote_address_(peer_.to_string()) {
  server_->connections.insert(this);
}

Connection::~Connection() {
  server_->connections.erase(this);
}

asio::awaitable<void> Connection::serve(std::unique_ptr<Connection> connection) {
  bool open = true;
  if (connection->server_->settings.tls) open = co_await connection->start_tls();
  while (open) {
    const bool received = co_await connection->receive_head();
    if (!received) break;
    open = co_await connection->answer();
  }
}

asio::awaitable<void> Connection::turn_away(std::unique_ptr<Connection> connection, Error why) {
  const InFlight counted(connection->server_->turned_away);
  if (connection->server_->settings.tls) {
    const bool agreed = co_await connection->start_tls();
    if (!agreed) co_return;
  }
  connection->begin_head();
  co_await connection->refuse(std::move(why));
}

asio::awaitable<bool> Connection::start_tls() {
  const auto tls = server_->settings.tls;
  wire_.deadline().set(server_->settings.limits.header_timeout);
  const bool agreed = co_await wire_.start_tls(*tls);
  wire_.deadline().clear();
  since_ = std::chrono::steady_clock::now();
  if (agreed) co_return true;
  if (wire_.expired()) server_->count->cut(Cut::tls);
  log::debug("no TLS with a client", {{"from", remote_address_}, {"reason", wire_.refusal().reason}});
  if (wire_.refusal().plain_http) {
    begin_head();
    co_await refuse(
        Error{.code = Code::malformed_request, .message = "this port speaks HTTPS; begin with https://"});
  }
  co_return false;
}

void Connection::drain() {
  if (idle_) close();
}

void Connection::begin_head() {
  static constexpr std::string_view digits = "0123456789abcdef";
  scanner_ = scanner_for(server_->settings.limits);
  for (std::size_t i = 0; i < own_request_id_.size(); i += 16) {
    std::uint64_t bits = server_->random();
    for (std::size_t j = 0; j < 16; ++j, bits >>= 4) own_request_id_[i + j] = digits[bits & 15];
  }
  head_.fields.clear();
  request_.context.reset();
  head_.method = head_.target = head_.path = head_.query = head_.traceparent = {};
  head_.request_id = {own_request_id_.data(), own_request_id_.size()};
  head_.remote_address = remote_address_;
  head_.via_proxy = false;
}

void Connection::heed_proxy() {
  const TrustedProxies& proxies = server_->settings.proxies;
  head_.via_proxy = proxies.trust(peer_);
  if (!head_.via_proxy) return;
  client_address_ = proxies.client_of(head_, peer_).to_string();
  head_.remote_address = client_address_;
}

asio::awaitable<bool> Connection::receive_head() {
  begin_head();
  const ServerLimits& limits = server_->settings.limits;
  idle_ = wire_.buffered().empty();
  wire_.trim();
  bool waits_idle = idle_ && !fresh_;
  wire_.deadline().set_at(since_ + (waits_idle ? limits.idle_timeout : limits.header_timeout));
  // Those who have asked already go first. Meanwhile the next request often comes, and one read finds it.
  if (waits_idle) co_await asio::defer(asio::use_awaitable);
  while (true) {
    // Empty lines before a request are skipped (RFC 9112 §2.2).
    while (scanner_.size() == 0 && wire_.buffered().starts_with("\r\n")) wire_.consume(2);
    const auto state = scanner_.scan(wire_.buffered());
    if (state == HeadScanner::State::complete) break;
    if (auto failure = head_failure(state)) {
      co_await refuse(std::move(*failure));
      co_return false;
    }
    if (!idle_ && std::exchange(waits_idle, false)) wire_.deadline().set(limits.header_timeout);
    const bool filled = co_await wire_.fill();
    if (!filled) {
      const bool late = wire_.expired() && !wire_.buffered().empty();
      if (wire_.expired()) server_->count->cut(idle_ && !fresh_ ? Cut::idle : Cut::header);
      if (late)
        co_await refuse(Error{.code = Code::request_timeout, .message = "the request's head took too long"});
      co_return false;
    }
    idle_ = false;
  }
  wire_.deadline().clear();
  fresh_ = false;
  head_text_.assign(wire_.buffered().substr(0, scanner_.size()));
  wire_.consume(scanner_.size());
  co_return true;
}

std::optional<Error> Connection::head_failure(HeadScanner::State state) const {
  switch (state) {
    case HeadScanner::State::incomplete:
    case HeadScanner::State::complete:
      return std::nullopt;
    case HeadScanner::State::bare_line_feed:
      return Error{.code = Code::malformed_request,
                   .message = "a line of the request's head ends with LF alone; HTTP wants CR LF"};
    case HeadScanner::State::start_line_too_long:
      return Error{.code = Code::uri_too_long,
                   .message = "the request target is longer than " +
                              std::to_string(server_->settings.limits.max_uri_bytes) +
                              " bytes, the most taken here"};
    case HeadScanner::State::too_large:
      return Error{.code = Code::headers_too_large,
                   .message = "the request's head is longer than " +
                              std::to_string(server_->settings.limits.max_header_bytes) +
                              " bytes, the most taken here"};
  }
  return std::nullopt;
}

asio::awaitable<bool> Connection::answer() {
  const auto started = std::chrono::steady_clock::now();
  const auto facts = read_request(head_text_, server_->settings.limits.max_uri_bytes, head_);
  if (!facts) {
    co_await refuse(facts.error());
    co_return false;
  }
  if (!server_->settings.proxies.empty()) heed_proxy();
  std::optional<InFlight> counted(server_->in_flight);
  BodyPlan planned = plan();
  request_.context = std::move(planned.context);
  if (!planned.traceparent.empty()) {
    own_traceparent_ = std::move(planned.traceparent);
    head_.traceparent = own_traceparent_;
  }
  const bool has_body = facts->framing.kind != Framing::Kind::none;
  const auto gzipped = has_body && !planned.stream ? is_gzip_body(head_) : Result<bool>(false);
  const std::uint64_t limit = gzipped.value_or(false) ? max_gzipped(planned.max_bytes) : planned.max_bytes;
  RequestBody body(wire_, {.framing = facts->framing,
                           .max_bytes = limit,
                           .patience = server_->settings.limits.body_timeout,
                           .floor = floor_of(server_->settings.limits),
                           .expects_continue = facts->expects_continue});
  Response response;
  if (planned.refuse_at_once) {
    response = std::move(*planned.refuse_at_once);
  } else if (!gzipped) {
    response = refusal(gzipped.error());
  } else if (auto fits = body.check_length(); !fits) {
    response = refusal(fits.error());
  } else {
    response = co_await respond(planned, body, *gzipped);
  }
  if (body.came_slowly()) server_->count->cut(Cut::body);
  const bool readable = body.finish();
  const int status = response.status;
  const bool keep_alive = facts->keep_alive && readable && !response.close && !server_->draining;
  const bool open = co_await sender_.send(head_, *facts, std::move(response), keep_alive);
  if (wire_.peer_reads_slowly()) server_->count->cut(Cut::reader);
  since_ = std::chrono::steady_clock::now();
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(since_ - started);
  server_->service.finished(
      head_, {.status = status, .elapsed = elapsed, .bytes = sender_.bytes(), .context = request_.context});
  counted.reset();
  if (!open) co_await wire_.linger();
  co_return open;
}

BodyPlan Connection::plan() {
  try {
    return server_->service.plan(head_);
  } catch (const std::exception& error) {
    BodyPlan plan;
    plan.refuse_at_once = internal_failure(error.what());
    return plan;
  }
}

asio::awaitable<Response> Connection::respond(BodyPlan& plan, RequestBody& body, bool gzipped) {
  request_.stream = plan.stream ? &body : nullptr;
  request_.body = {};
  if (!plan.stream && !body.absent()) {
    auto read = co_await read_whole(body, plan.max_bytes, gzipped);
    if (!read) co_return refusal(read.error());
    request_.body = body_;
  }
  std::string thrown;
  try {
    co_return co_await server_->service.handle(request_);
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  co_return internal_failure(thrown);
}

asio::awaitable<Result<void>> Connection::read_whole(RequestBody& body, std::size_t max_bytes, bool gzipped) {
  body_.clear();
  if (body_.capacity() > max_kept_body) std::string{}.swap(body_);
  while (true) {
    const auto piece = co_await body.read();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) break;
    body_.append(*piece);
  }
  if (gzipped) co_return co_await inflate_body(max_bytes);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Connection::inflate_body(std::size_t max_bytes) {
  const std::size_t inline_limit = std::min(max_bytes, max_inline_inflated);
  if (body_.size() <= max_inline_bytes) {
    std::string inflated;
    auto done = gunzip(body_, inline_limit, inflated);
    const bool settled = done || done.error().code != Code::payload_too_large || inline_limit == max_bytes;
    if (settled) {
      body_ = std::move(inflated);
      co_return done;
    }
  }
  auto work = [data = std::move(body_), max_bytes]() -> Result<std::string> {
    std::string inflated;
    if (auto done = gunzip(data, max_bytes, inflated); !done) return std::unexpected(std::move(done.error()));
    return inflated;
  };
  auto inflated = co_await offload(server_->background, std::move(work));
  if (!inflated) co_return std::unexpected(std::move(inflated.error()));
  body_ = std::move(*inflated);
  co_return Result<void>{};
}

Response Connection::internal_failure(std::string_view what) {
  log::error(
      "a request failed unexpectedly",
      {{"request_id", head_.request_id}, {"method", head_.method}, {"path", head_.path}, {"what", what}});
  return refusal(Error{.code = Code::internal, .message = "the server failed to handle this request"});
}

asio::awaitable<void> Connection::refuse(Error error) {
  const RequestFacts facts{.head_request = head_.method == "HEAD"};
  Response response = refusal(error);
  const int status = response.status;
  co_await sender_.send(head_, facts, std::move(response), false);
  server_->service.finished(head_, {.status = status, .bytes = sender_.bytes(), .context = request_.context});
  co_await wire_.linger();
}

Response Connection::refusal(const Error& error) {
  Response response = server_->service.refuse(head_, error);
  if (error.code == Code::unsupported_media_type && !has_field(response, "accept-encoding")) {
    response.fields.push_back({"Accept-Encoding", "gzip"});
  }
  if (error.retry_after_seconds && !has_field(response, "retry-after")) {
    response.fields.push_back({"Retry-After", std::to_string(*error.retry_after_seconds)});
  }
  return response;
}

}  // namespace waypost::net
