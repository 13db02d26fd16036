#include "waypost/net/client.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>

#include "net/client_exchange.hpp"
#include "net/connection_pool.hpp"
#include "net/resolve.hpp"
#include "waypost/base/text.hpp"

namespace waypost::net {

namespace {

using Kind = ClientError::Kind;
using SteadyClock = std::chrono::steady_clock;

std::unexpected<ClientError> fail_call(Kind kind, std::string message, std::string address = {}) {
  return std::unexpected(
      ClientError{.kind = kind, .message = std::move(message), .address = std::move(address)});
}

asio::ssl::context make_tls(const std::string& ca_file) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.set_default_verify_paths();
  boost::system::error_code error;
  if (!ca_file.empty()) tls.load_verify_file(ca_file, error);
  if (error) throw std::runtime_error("cannot read certificates from '" + ca_file + "': " + error.message());
  return tls;
}

/// Where a call stands: how much time it has left, and what breaks it off.
class Call {
 public:
  Call(const ClientRequest& request, Abort& abort)
      : until_(SteadyClock::now() + request.timeout), timeout_(request.timeout), abort_(abort) {}
  ~Call() { abort_.on_request({}); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  SteadyClock::time_point until() const { return until_; }
  std::chrono::milliseconds left() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(until_ - SteadyClock::now());
  }
  bool aborted() const { return abort_.requested(); }
  void on_abort(std::function<void()> action) { abort_.on_request(std::move(action)); }

  /// What the failure really was: an abort or the deadline shows as a closed socket.
  std::unexpected<ClientError> failure(bool expired, Kind kind, std::string message,
                                       std::string address) const {
    if (aborted()) return fail_call(Kind::aborted, "the call was broken off", std::move(address));
    if (expired) {
      return fail_call(Kind::timeout,
                       "no complete response within " + std::to_string(timeout_.count()) + " ms",
                       std::move(address));
    }
    return fail_call(kind, std::move(message), std::move(address));
  }

 private:
  SteadyClock::time_point until_;
  std::chrono::milliseconds timeout_;
  Abort& abort_;
};

using ConnectionPtr = std::unique_ptr<ClientConnection>;
using ConnectionResult = std::expected<ConnectionPtr, ClientError>;
using ResponseResult = std::expected<ClientResponse, ClientError>;

Kind kind_of(ClientExchange::Fault fault) {
  return fault == ClientExchange::Fault::too_large ? Kind::too_large : Kind::protocol;
}

}  // namespace

void Abort::request() {
  if (std::exchange(requested_, true) || !action_) return;
  const auto action = std::exchange(action_, {});
  action();
}

void Abort::on_request(std::function<void()> action) {
  action_ = std::move(action);
  if (!requested_ || !action_) return;
  const auto now = std::exchange(action_, {});
  now();
}

const std::string* ClientResponse::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (text::iequals(key, name)) return &value;
  }
  return nullptr;
}

std::string_view to_string(ClientError::Kind kind) {
  switch (kind) {
    case Kind::egress_forbidden:
      return "egress_forbidden";
    case Kind::unresolved:
      return "name_not_resolved";
    case Kind::connect:
      return "connect_failed";
    case Kind::tls:
      return "tls_failed";
    case Kind::timeout:
      return "timed_out";
    case Kind::protocol:
      return "bad_response";
    case Kind::too_large:
      return "response_too_large";
    case Kind::aborted:
      return "aborted";
  }
  return "bad_response";
}

struct Client::Impl {
  Impl(asio::io_context& c, const EgressPolicy& p, Options o)
      : context(c), policy(p), options(std::move(o)), pool(options) {
    if (!options.ca_file.empty()) roots();
  }

  /// Reading the system's roots takes 20 ms and some megabytes: only who calls https pays for it, once.
  asio::ssl::context& roots() {
    if (!tls) tls.emplace(make_tls(options.ca_file));
    return *tls;
  }

  asio::awaitable<ResponseResult> send(const ClientRequest& request, Abort& abort);
  asio::awaitable<ConnectionResult> open(const Url& url, std::string origin, Call& call);
  asio::awaitable<std::expected<std::vector<asio::ip::tcp::endpoint>, ClientError>> find(const Url& url,
                                                                                         Call& call);
  asio::awaitable<std::optional<ClientError>> connect(ClientConnection& connection,
                                                      const std::vector<asio::ip::tcp::endpoint>& endpoints,
                                                      Call& call);
  asio::awaitable<std::optional<ClientError>> secure(ClientConnection& connection, const std::string& host,
                                                     Call& call);

  asio::io_context& context;
  const EgressPolicy& policy;
  const Options options;
  std::optional<asio::ssl::context> tls;
  ConnectionPool pool;
};

Client::Client(asio::io_context& context, const EgressPolicy& policy, Options options)
    : impl_(std::make_unique<Impl>(context, policy, std::move(options))) {}
Client::~Client() = default;

void Client::close_idle() {
  impl_->pool.clear();
}

asio::awaitable<ResponseResult> Client::send(ClientRequest request, Abort& abort) {
  co_return co_await impl_->send(request, abort);
}

asio::awaitable<ResponseResult> Client::Impl::send(const ClientRequest& request, Abort& abort) {
  Call call(request, abort);
  if (call.aborted()) co_return fail_call(Kind::aborted, "the call was broken off before it began");
  const auto head = serialize_head(request);
  if (!head) co_return fail_call(Kind::protocol, "the request cannot be sent: " + head.error());

  std::string origin = request.url.scheme + "://" + request.url.authority();
  ConnectionPtr connection = pool.take(origin);
  while (true) {
    const bool reused = connection != nullptr;
    if (!reused) {
      auto opened = co_await open(request.url, origin, call);
      if (!opened) co_return std::unexpected(std::move(opened.error()));
      connection = std::move(*opened);
    }
    call.on_abort([raw = connection.get()] { raw->close(); });
    connection->deadline().set(call.left());
    ClientExchange exchange(*connection, request);
    const auto fault = co_await exchange.run(*head);
    connection->deadline().clear();
    call.on_abort({});
    if (fault == ClientExchange::Fault::none) {
      if (exchange.reusable() && !call.aborted()) pool.put(std::move(connection));
      co_return std::move(exchange.response());
    }
    const bool ended = connection->expired() || call.aborted();
    // The server closed the idle connection just as it was taken: it has not seen the request.
    const bool stale = reused && fault == ClientExchange::Fault::broken && !exchange.answered() && !ended;
    if (!stale) {
      co_return call.failure(connection->expired(), kind_of(fault), exchange.message(),
                             connection->address());
    }
    connection.reset();
  }
}

asio::awaitable<ConnectionResult> Client::Impl::open(const Url& url, std::string origin, Call& call) {
  const auto endpoints = co_await find(url, call);
  if (!endpoints) co_return std::unexpected(endpoints.error());
  auto connection = std::make_unique<ClientConnection>(context, std::move(origin));
  call.on_abort([raw = connection.get()] { raw->close(); });
  auto failed = co_await connect(*connection, *endpoints, call);
  if (!failed && url.secure()) failed = co_await secure(*connection, url.host, call);
  call.on_abort({});
  connection->deadline().clear();
  if (failed) co_return std::unexpected(std::move(*failed));
  co_return connection;
}

asio::awaitable<std::optional<ClientError>> Client::Impl::connect(
    ClientConnection& connection, const std::vector<asio::ip::tcp::endpoint>& endpoints, Call& call) {
  std::optional<ClientError> failed;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // An address that swallows packets must not use up the time of those behind it.
    connection.deadline().set(call.left() / static_cast<std::int64_t>(endpoints.size() - i));
    const auto error = co_await connection.connect(endpoints[i]);
    if (!error && !call.aborted()) co_return std::nullopt;
    failed = call.failure(connection.expired(), Kind::connect,
                          "cannot connect to " + connection.address() + ": " + error.message(),
                          connection.address())
                 .error();
    if (call.aborted()) break;
  }
  co_return failed;
}

asio::awaitable<std::optional<ClientError>> Client::Impl::secure(ClientConnection& connection,
                                                                 const std::string& host, Call& call) {
  connection.deadline().set(call.left());
  const auto error = co_await connection.start_tls(roots(), host);
  if (!error && !call.aborted()) co_return std::nullopt;
  const std::string distrust = connection.distrust();
  const std::string why = "TLS with " + host + " failed: " + (distrust.empty() ? error.message() : distrust);
  co_return call.failure(connection.expired(), Kind::tls, why, connection.address()).error();
}

asio::awaitable<std::expected<std::vector<asio::ip::tcp::endpoint>, ClientError>> Client::Impl::find(
    const Url& url, Call& call) {
  asio::steady_timer patience(context, call.until());
  call.on_abort([&patience] { patience.cancel(); });
  auto endpoints = co_await resolve(url, policy, patience);
  call.on_abort({});
  if (endpoints) co_return std::move(*endpoints);
  const Error& error = endpoints.error();
  const bool forbidden = error.code == Code::egress_forbidden;
  const bool late = error.code == Code::request_timeout;
  co_return call.failure(late, forbidden ? Kind::egress_forbidden : Kind::unresolved, error.message, {});
}

}  // namespace waypost::net
