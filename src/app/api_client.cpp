#include "app/api_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/url/parse.hpp>
#include <cerrno>
#include <sstream>

#include "waypost/app/cli.hpp"
#include "waypost/base/asio.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

constexpr std::chrono::seconds connect_timeout{10};
constexpr std::uint64_t max_response_bytes = std::uint64_t{1} << 30;

struct Target {
  bool secure;
  ApiClient::Trust trust;
  std::string host;
  std::string port;
};

/// A request as bytes: head and body, or head and what a file holds, read as it is sent.
class Outgoing {
 public:
  explicit Outgoing(std::string bytes) : bytes_(std::move(bytes)) {}
  Outgoing(std::string head, std::ifstream file, std::uintmax_t size)
      : bytes_(std::move(head)), file_(std::move(file)), left_(size) {}

  /// What comes next, a piece of at most 64 KiB of the file; empty at the end.
  std::string next() {
    std::string piece = std::exchange(bytes_, {});
    if (left_ == 0) return piece;
    const auto held = piece.size();
    piece.resize(held + std::min<std::uintmax_t>(left_, 1 << 16));
    file_.read(piece.data() + held, static_cast<std::streamsize>(piece.size() - held));
    if (!file_) throw system_error(asio::error::eof, "the file got shorter");
    left_ -= piece.size() - held;
    return piece;
  }

 private:
  std::string bytes_;
  std::ifstream file_;
  std::uintmax_t left_ = 0;  ///< of the file
};

/// Writes the request piece by piece, so that only standing still times out. A server that has seen enough
/// may answer and close before the end: then there is an error here and a response to read.
template <class Stream>
asio::awaitable<error_code> write(Stream& stream, Outgoing& message, std::chrono::seconds timeout) {
  error_code error;
  for (std::string piece = message.next(); !piece.empty() && !error; piece = message.next()) {
    for (std::size_t sent = 0; sent < piece.size() && !error;) {
      beast::get_lowest_layer(stream).expires_after(timeout);
      sent += co_await stream.async_write_some(asio::buffer(piece) + sent,
                                               asio::redirect_error(asio::use_awaitable, error));
    }
  }
  co_return error;
}

template <class Stream>
asio::awaitable<ApiResponse> exchange(Stream& stream, Outgoing& message, std::chrono::seconds timeout) {
  const error_code unsent = co_await write(stream, message, timeout);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(max_response_bytes);
  error_code unread;
  while (!parser.is_done() && !unread) {
    beast::get_lowest_layer(stream).expires_after(timeout);
    co_await http::async_read_some(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, unread));
  }
  if (unread) throw system_error(unsent && !parser.is_header_done() ? unsent : unread);

  auto& response = parser.get();
  ApiResponse out{.status = static_cast<int>(response.result_int()), .body = std::move(response.body())};
  for (const auto& field : response) {
    out.fields.push_back({.name = std::string(field.name_string()), .value = std::string(field.value())});
  }
  co_return out;
}

asio::awaitable<ApiResponse> call(const Target& target, Outgoing& message, std::chrono::seconds timeout) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto endpoints = co_await resolver.async_resolve(target.host, target.port, asio::use_awaitable);
  if (!target.secure) {
    beast::tcp_stream stream(executor);
    stream.expires_after(connect_timeout);
    co_await stream.async_connect(endpoints, asio::use_awaitable);
    co_return co_await exchange(stream, message, timeout);
  }
  asio::ssl::context tls(asio::ssl::context::tls_client);
  if (target.trust == ApiClient::Trust::authorities) {
    tls.set_default_verify_paths();
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.set_verify_callback(asio::ssl::host_name_verification(target.host));
  }
  beast::ssl_stream<beast::tcp_stream> stream(executor, tls);
  SSL_set_tlsext_host_name(stream.native_handle(), target.host.c_str());
  beast::get_lowest_layer(stream).expires_after(connect_timeout);
  co_await beast::get_lowest_layer(stream).async_connect(endpoints, asio::use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  co_return co_await exchange(stream, message, timeout);
}

/// Runs the call on this thread to its end.
ApiResponse run_call(const Target& target, Outgoing message, std::chrono::seconds timeout) {
  asio::io_context context(1);
  auto response = asio::co_spawn(context, call(target, message, timeout), asio::use_future);
  context.run();
  return response.get();
}

std::string head_of(const ApiRequest& request, std::uintmax_t size, std::string_view prefix,
                    std::string_view authority, std::string_view key) {
  http::request<http::empty_body> message;
  message.method_string(request.method);
  message.target(std::string(prefix) + request.target);
  message.version(11);
  message.set(http::field::host, authority);
  message.set(http::field::user_agent, fmt::format("waypost/{}", version()));
  message.set(http::field::connection, "close");
  if (!key.empty()) message.set(http::field::authorization, fmt::format("Bearer {}", key));
  for (const net::Field& field : request.fields) message.set(field.name, field.value);
  if (size > 0 || request.method == "POST" || request.method == "PUT") message.content_length(size);
  std::ostringstream text;
  text << message.base();
  return text.str();
}

std::string describe(const error_code& error) {
  if (error == asio::error::connection_refused) return "connection refused; is the service running there?";
  if (error == beast::error::timeout) return "no answer in time";
  if (error == http::error::end_of_stream) return "the connection was closed without an answer";
  return error.message();
}

}  // namespace

std::string_view ApiResponse::field(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields, [&](const net::Field& one) { return text::iequals(one.name, name); });
  return found == fields.end() ? std::string_view() : std::string_view(found->value);
}

std::expected<ApiClient, std::string> ApiClient::make(std::string_view server, std::string key, Trust trust) {
  const auto parsed = boost::urls::parse_uri(server);
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https") || parsed->host().empty() ||
      parsed->has_query() || parsed->has_fragment() || parsed->has_userinfo()) {
    return std::unexpected(fmt::format("{} is no server URL, such as http://127.0.0.1:8080", server));
  }
  ApiClient client;
  client.secure_ = parsed->scheme() == "https";
  client.trust_ = trust;
  client.host_ = parsed->host_address();
  if (trust == Trust::this_machine && client.host_ == "0.0.0.0") client.host_ = "127.0.0.1";
  if (trust == Trust::this_machine && client.host_ == "::") client.host_ = "::1";
  client.port_ = parsed->has_port() ? std::string(parsed->port()) : client.secure_ ? "443" : "80";
  client.authority_ = parsed->encoded_host_and_port();
  client.prefix_ = parsed->encoded_path();
  while (client.prefix_.ends_with('/')) client.prefix_.pop_back();
  client.key_ = std::move(key);
  return client;
}

std::expected<ApiResponse, std::string> ApiClient::send(const ApiRequest& request) const {
  const Target target{.secure = secure_, .trust = trust_, .host = host_, .port = port_};
  const auto failed = [&](std::string_view reason) {
    return std::unexpected(
        fmt::format("cannot reach {}://{}: {}", secure_ ? "https" : "http", authority_, reason));
  };
  try {
    const auto head = [&](std::uintmax_t size) { return head_of(request, size, prefix_, authority_, key_); };
    if (!request.file)
      return run_call(target, Outgoing(head(request.body.size()) + request.body), request.timeout);
    std::ifstream file(*request.file, std::ios::binary);
    std::error_code error(file ? 0 : errno, std::generic_category());
    const auto size = error ? 0 : std::filesystem::file_size(*request.file, error);
    if (error)
      return std::unexpected(fmt::format("cannot read {}: {}", request.file->string(), error.message()));
    return run_call(target, Outgoing(head(size), std::move(file), size), request.timeout);
  } catch (const system_error& error) {
    return failed(describe(error.code()));
  }
}

}  // namespace waypost::app
