#include "waypost/operation/custom.hpp"

#include <algorithm>

#include "operation/http_call.hpp"
#include "waypost/base/text.hpp"

namespace waypost::operation {
namespace {

constexpr std::size_t max_response = 1 << 20;

std::string envelope(const Task& task) {
  std::string body;
  json::Writer out(body);
  out.begin_object().field("job_id", task.job_id).key("row");
  if (task.row != 0)
    out.integer(static_cast<std::int64_t>(task.row));
  else
    out.null();
  out.field("attempt", task.attempt).key("payload").raw(task.payload).end_object();
  return body;
}

class Custom final : public WaitingOperation {
 public:
  Custom(CustomOperation custom, const net::EgressPolicy& policy, const Clock& clock, Sign sign)
      : custom_(std::move(custom)), policy_(policy), clock_(clock), sign_(std::move(sign)) {}

  std::string_view type() const override { return custom_.type; }
  std::string_view kind() const override { return "http"; }
  std::string_view description() const override { return custom_.description; }
  std::string_view schema() const override { return custom_.schema.text(); }
  Defaults defaults() const override { return custom_.defaults; }
  std::optional<std::uint32_t> concurrency() const override { return custom_.concurrency; }

  void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const override {
    custom_.schema.check(payload, pointer, faults);
  }

  asio::awaitable<Outcome> run(const Task& task, IoContext io, net::Abort& abort) const override {
    auto url = policy_.check(custom_.url);  // the rules may be other than when it was defined
    if (!url)
      co_return Failure{.code = std::string(describe(url.error().code).name),
                        .message = url.error().message,
                        .retry = false};
    const std::string body = envelope(task);
    net::ClientRequest request;
    request.method = custom_.method;
    request.url = std::move(*url);
    request.fields = fields(task, body);
    request.body = body;
    request.timeout = task.timeout;
    request.max_response_bytes = max_response;
    auto answer = co_await io.client.send(std::move(request), abort);
    if (!answer) co_return failure_of(answer.error());
    co_return outcome(*answer);
  }

 private:
  std::vector<net::Field> fields(const Task& task, std::string_view body) const {
    const std::string id =
        std::string(task.job_id) + "." + std::to_string(task.row) + "." + std::to_string(task.attempt);
    const std::int64_t timestamp = std::chrono::floor<Seconds>(clock_.now()).time_since_epoch().count();
    std::vector<net::Field> fields = custom_.headers;
    fields.push_back({"User-Agent", "Waypost/" WAYPOST_VERSION});
    fields.push_back({"Content-Type", "application/json"});
    fields.push_back({"Accept", "application/json"});
    fields.push_back({"webhook-id", id});
    fields.push_back({"webhook-timestamp", std::to_string(timestamp)});
    fields.push_back({"webhook-signature", sign_(id, timestamp, body)});
    if (!task.traceparent.empty()) fields.push_back({"traceparent", std::string(task.traceparent)});
    if (!task.tracestate.empty()) fields.push_back({"tracestate", std::string(task.tracestate)});
    return fields;
  }

  Outcome outcome(const net::ClientResponse& response) const {
    if (response.status < 200 || response.status > 299)
      return outcome_of({.method = custom_.method, .url = custom_.url}, response, clock_.now());
    const std::string_view body = text::trim(response.body);
    if (body.empty()) return Success{"null"};
    if (json::Document::parse(body)) return Success{std::string(body)};
    return Failure{.code = "result_not_json",
                   .message = custom_.type + " answered " + std::to_string(response.status) +
                              " with a body that is no JSON",
                   .retry = false};
  }

  const CustomOperation custom_;
  const net::EgressPolicy& policy_;
  const Clock& clock_;
  const Sign sign_;
};

}  // namespace

bool is_operation_type(std::string_view type) {
  return !type.empty() && type.size() <= 100 && std::ranges::all_of(type, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::shared_ptr<const Operation> make_custom(CustomOperation custom, const net::EgressPolicy& policy,
                                             const Clock& clock, Sign sign) {
  return std::make_shared<const Custom>(std::move(custom), policy, clock, std::move(sign));
}

}  // namespace waypost::operation
