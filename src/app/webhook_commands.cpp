#include "app/webhook_commands.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fstream>
#include <iostream>

#include "app/failure.hpp"
#include "waypost/base/asio.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/base/id.hpp"
#include "waypost/base/json.hpp"
#include "waypost/net/server.hpp"
#include "waypost/webhook/signature.hpp"

namespace waypost::app {
namespace {

constexpr std::size_t largest_body = 16u << 20;

std::int64_t unix_seconds(Time time) {
  return std::chrono::floor<Seconds>(time).time_since_epoch().count();
}

Result<std::string> read_body(const std::string& file) {
  std::ifstream stream;
  if (file != "-") {
    stream.open(file, std::ios::binary);
    if (!stream) return fail(Code::not_found, "cannot read " + file);
  }
  std::istream& in = file == "-" ? std::cin : stream;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// One message as it came, and whether it is genuine.
struct Verified {
  webhook::Received message;
  Result<void> verdict;
};

std::string line_of(const Verified& verified) {
  std::string line;
  json::Writer out(line);
  const auto& [message, verdict] = verified;
  out.begin_object().field("id", message.id).field("timestamp", message.timestamp);
  out.field("valid", verdict.has_value())
      .field("error", verdict ? std::nullopt : std::optional(verdict.error().message));
  out.key("body");
  if (json::Document::parse(message.body))
    out.raw(message.body);
  else
    out.string(message.body);
  out.end_object();
  return line + '\n';
}

std::string text_of(const Verified& verified) {
  const auto& [message, verdict] = verified;
  return std::string(message.id) + "  " + (verdict ? "valid" : "NOT VALID: " + verdict.error().message) +
         '\n' + std::string(message.body) + "\n\n";
}

class Receiver final : public net::Service {
 public:
  Receiver(webhook::SecretBytes secret, const ListenArguments& arguments)
      : secret_(std::move(secret)), arguments_(arguments) {}

  net::BodyPlan plan(const net::RequestHead&) override { return {.max_bytes = largest_body}; }
  asio::awaitable<net::Response> handle(const net::Request& request) override {
    const auto field = [&request](std::string_view name) {
      return request.head.field(name).value_or(std::string_view());
    };
    const webhook::Received message{.id = field("webhook-id"),
                                    .timestamp = field("webhook-timestamp"),
                                    .signature = field("webhook-signature"),
                                    .body = request.body};
    const Verified verified{message, webhook::verify(secret_, message, clock_.now())};
    std::cout << (arguments_.json ? line_of(verified) : text_of(verified)) << std::flush;
    co_return net::Response{.status = verified.verdict ? arguments_.status : 400, .content_type = ""};
  }
  net::Response refuse(const net::RequestHead&, const Error& error) override {
    return {.status = describe(error.code).status, .content_type = ""};
  }

 private:
  const webhook::SecretBytes secret_;
  const ListenArguments& arguments_;
  const SystemClock clock_;
};

}  // namespace

int sign_webhook(const MessageArguments& arguments) {
  const auto secret = webhook::parse_secret(arguments.secret);
  if (!secret) return fail_with(secret.error().message);
  const auto body = read_body(arguments.file);
  if (!body) return fail_with(body.error().message);
  const Time now = SystemClock().now();
  const std::string id = arguments.id.empty() ? format_id("evt_", make_ulid(now)) : arguments.id;
  const std::int64_t timestamp = arguments.timestamp.value_or(unix_seconds(now));
  const std::string signature = webhook::sign(*secret, id, timestamp, *body);
  if (!arguments.json) {
    std::cout << "webhook-id: " << id << "\nwebhook-timestamp: " << timestamp
              << "\nwebhook-signature: " << signature << '\n';
    return 0;
  }
  std::string line;
  json::Writer(line)
      .begin_object()
      .field("id", id)
      .field("timestamp", timestamp)
      .field("signature", signature)
      .end_object();
  std::cout << line << '\n';
  return 0;
}

int verify_webhook(const MessageArguments& arguments) {
  const auto secret = webhook::parse_secret(arguments.secret);
  if (!secret) return fail_with(secret.error().message);
  const auto body = read_body(arguments.file);
  if (!body) return fail_with(body.error().message);
  const std::string timestamp = std::to_string(arguments.timestamp.value_or(0));
  const auto verdict = webhook::verify(
      *secret, {.id = arguments.id, .timestamp = timestamp, .signature = arguments.signature, .body = *body},
      SystemClock().now(), Seconds{arguments.tolerance_seconds});
  if (arguments.json) {
    std::string line;
    json::Writer(line)
        .begin_object()
        .field("valid", verdict.has_value())
        .field("error", verdict ? std::nullopt : std::optional(verdict.error().message))
        .end_object();
    std::cout << line << '\n';
    return verdict ? 0 : 1;
  }
  if (!verdict) return fail_with(verdict.error().message);
  std::cout << "valid\n";
  return 0;
}

int listen_for_webhooks(const ListenArguments& arguments) {
  auto secret = webhook::parse_secret(arguments.secret);
  if (!secret) return fail_with(secret.error().message);
  asio::io_context context(1);
  asio::thread_pool background(1);
  Receiver receiver(std::move(*secret), arguments);
  if (auto free = net::Server::check_port_free(context, "127.0.0.1", arguments.port); !free)
    return fail_with(free.error().message);
  auto server = net::Server::listen(context, background, "127.0.0.1", arguments.port, net::ServerSettings{},
                                    receiver, std::make_shared<net::ConnectionCount>());
  if (!server) return fail_with(server.error().message);
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&context](const boost::system::error_code&, int) { context.stop(); });
  (*server)->start();
  std::cerr << "listening on http://127.0.0.1:" << (*server)->port() << std::endl;
  context.run();
  background.join();
  return 0;
}

}  // namespace waypost::app
