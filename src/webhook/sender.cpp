#include "webhook/sender.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "waypost/base/json.hpp"
#include "waypost/base/log.hpp"
#include "webhook/attempt_span.hpp"

namespace waypost::webhook {
namespace {

constexpr std::size_t kept_reply_bytes = 1024;
constexpr std::size_t kept_targets = 1024, kept_signers = 256;

Signer service_signer(const std::string& secret) {
  const auto bytes = parse_secret(secret);
  if (!bytes)
    throw std::invalid_argument("the service's signing secret is malformed: " + bytes.error().message);
  return Signer(*bytes);
}

void note_reply(Outcome& outcome, net::ClientResponse&& response) {
  outcome.status = response.status;
  outcome.address = std::move(response.address);
  outcome.reply = std::move(response.body);
  if (const std::string* retry_after = response.field("retry-after")) outcome.retry_after = *retry_after;
}

void note_failure(Outcome& outcome, net::ClientError&& error) {
  outcome.failure = error.kind;
  outcome.error = net::to_string(error.kind);
  outcome.message = std::move(error.message);
  outcome.address = std::move(error.address);
}

}  // namespace

std::string event_id(const Ulid& event) {
  return format_id(job::event_id_prefix, event);
}

std::string delivery_id(const Ulid& delivery) {
  return format_id("dlv_", delivery);
}

std::string Outcome::detail(int attempt, Time at) const {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("attempt", attempt).field("at", to_rfc3339(at));
  writer.field("address", address.empty() ? std::nullopt : std::optional(address)).key("status");
  if (status != 0)
    writer.integer(status);
  else
    writer.null();
  writer.field("duration_ms", static_cast<std::int64_t>(took.count())).field("reply", reply).key("error");
  if (error.empty())
    writer.null();
  else
    writer.begin_object().field("code", error).field("message", message).end_object();
  writer.end_object();
  return out + '\n';
}

std::string origin_of(const net::Url& url) {
  return fmt::format("{}://{}:{}", url.scheme, url.host, url.port);
}

Sender::Sender(net::Client& client, Clock& clock, const DelivererOptions& options, Receivers& receivers)
    : client_(client),
      clock_(clock),
      receivers_(receivers),
      timeout_(options.timeout),
      user_agent_(options.user_agent),
      secret_box_(options.secret_box),
      tracer_(options.tracer),
      service_signer_(service_signer(options.service_secret)),
      signers_(kept_signers),
      targets_(kept_targets) {}

std::shared_ptr<const Target> Sender::target(const std::string& url) {
  if (const auto* known = targets_.find(url)) return *known;
  auto parsed = net::parse_url(url);
  if (!parsed) return nullptr;
  std::string origin = origin_of(*parsed);
  return targets_.keep(url, std::make_shared<const Target>(Target{std::move(*parsed), std::move(origin)}));
}

Result<Signer*> Sender::signer(const std::string& secret) {
  if (secret.empty()) return &service_signer_;
  if (Signer* known = signers_.find(secret)) return known;
  std::string text = secret;
  if (SecretBox::is_sealed(secret)) {
    if (secret_box_ == nullptr)
      return fail(Code::internal, "the webhook's secret is encrypted and there is no key file");
    auto opened = secret_box_->unseal(secret);
    if (!opened) return std::unexpected(opened.error());
    text = std::move(*opened);
  }
  const auto bytes = parse_secret(text);
  if (!bytes) return std::unexpected(bytes.error());
  return &signers_.keep(secret, Signer(*bytes));
}

/// By the secret of the delivery or of its endpoint, and by those that the endpoint had until lately.
Result<std::string> Sender::signature(const store::Delivery& delivery, const Receiver* receiver,
                                      std::string_view id, std::int64_t timestamp) {
  const auto signs = signer(receiver == nullptr ? delivery.secret : receiver->endpoint.sealed_secret);
  if (!signs) return std::unexpected(signs.error());
  std::string signature = (*signs)->sign(id, timestamp, delivery.body);
  if (receiver == nullptr) return signature;
  for (const auto& [sealed, until] : receiver->endpoint.old_secrets) {
    if (until <= clock_.now()) continue;
    const auto old = signer(sealed);
    if (!old) return std::unexpected(old.error());
    signature += ' ' + (*old)->sign(id, timestamp, delivery.body);
  }
  return signature;
}

Result<net::ClientRequest> Sender::request(const Window::Attempt& attempt, const std::string& traceparent) {
  const store::Delivery& delivery = attempt.delivery;
  const Receiver* receiver = delivery.endpoint == 0 ? nullptr : receivers_.find(delivery.endpoint);
  if (delivery.endpoint != 0 && receiver == nullptr)
    return fail(Code::not_found, "the endpoint was deleted meanwhile");
  std::string id = event_id(delivery.event);
  const std::int64_t timestamp = std::chrono::floor<Seconds>(clock_.now()).time_since_epoch().count();
  auto signature = this->signature(delivery, receiver, id, timestamp);
  if (!signature) return std::unexpected(signature.error());
  net::ClientRequest request{.method = "POST",
                             .url = attempt.target->url,
                             .body = delivery.body,
                             .timeout = timeout_,
                             .max_response_bytes = kept_reply_bytes,
                             .truncate = true};
  request.fields.reserve(7);
  request.fields.push_back({"User-Agent", user_agent_});
  request.fields.push_back({"Content-Type", "application/json"});
  request.fields.push_back({"webhook-id", std::move(id)});
  request.fields.push_back({"webhook-timestamp", std::to_string(timestamp)});
  request.fields.push_back({"webhook-signature", std::move(*signature)});
  if (receiver != nullptr)
    request.fields.insert(request.fields.end(), receiver->headers.begin(), receiver->headers.end());
  if (!traceparent.empty()) request.fields.push_back({"traceparent", traceparent});
  if (!delivery.tracestate.empty()) request.fields.push_back({"tracestate", delivery.tracestate});
  return request;
}

asio::awaitable<Outcome> Sender::send(const Window::Attempt& attempt, net::Abort& abort) {
  Outcome outcome;
  const AttemptSpan span(tracer_, attempt.delivery);
  auto made = request(attempt, span.traceparent());
  if (!made) {
    outcome.error = made.error().code == Code::not_found ? "endpoint_deleted" : "secret_unreadable";
    outcome.message = std::move(made.error().message);
    co_return outcome;
  }
  const auto begun = std::chrono::steady_clock::now();
  try {
    auto answer = co_await client_.send(std::move(*made), abort);
    if (answer)
      note_reply(outcome, std::move(*answer));
    else
      note_failure(outcome, std::move(answer.error()));
  } catch (const std::exception& exception) {
    log::error("a webhook's attempt broke",
               {{"event_id", event_id(attempt.delivery.event)}, {"error", exception.what()}});
    outcome.error = "internal";
    outcome.message = "the attempt broke inside the service; see the log";
  }
  outcome.took = std::chrono::floor<Milliseconds>(std::chrono::steady_clock::now() - begun);
  span.end(attempt, outcome);
  co_return outcome;
}

}  // namespace waypost::webhook
