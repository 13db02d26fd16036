#include <array>
#include <stdexcept>

#include "operation/http_call.hpp"
#include "waypost/operation/builtin.hpp"
#include "waypost/operation/payload_spec.hpp"

namespace waypost::operation {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};
constexpr std::size_t kMaxResponse = 1U << 20;

std::vector<FieldSpec> http_fields() {
  return {
      {.name = "method",
       .type = FieldType::string,
       .description = "GET, or POST when there is a body, unless given.",
       .one_of = kMethods},
      {.name = "url",
       .type = FieldType::string,
       .description = "An absolute http or https URL that the egress rules allow.",
       .required = true,
       .max_length = 16384},
      {.name = "headers",
       .type = FieldType::string_map,
       .description =
           "Header fields to send. Host, Content-Length and what else belongs to the connection is refused.",
       .max_length = 100},
      {.name = "body",
       .type = FieldType::any,
       .description =
           "Sent as application/json, byte for byte; a string as the text it holds, as text/plain. A "
           "Content-Type among the headers replaces either. null is no body."},
      {.name = "expect_status",
       .type = FieldType::integer_list,
       .description = "The statuses that succeed, in place of 200 to 299.",
       .min = 200,
       .max = 599,
       .min_length = 1,
       .max_length = 100},
  };
}

class Http final : public WaitingOperation {
 public:
  Http(const net::EgressPolicy& policy, const Clock& clock) : policy_(policy), clock_(clock) {}

  std::string_view type() const override { return "http"; }
  std::string_view description() const override { return "Sends one HTTP request and returns the answer."; }
  std::string_view schema() const override { return spec_.schema(); }

  void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const override {
    spec_.check(payload, pointer, faults);
    if (!payload.is(json::Kind::object)) return;
    if (const auto url = payload.find("url"); url && url->is(json::Kind::string)) {
      if (const auto checked = policy_.check(url->string()); !checked) {
        const bool forbidden = checked.error().code == Code::egress_forbidden;
        faults.push_back({.pointer = pointer + "/url",
                          .code = forbidden ? "egress_forbidden" : "malformed",
                          .detail = checked.error().message});
      }
    }
    if (const auto headers = payload.find("headers"); headers && headers->is(json::Kind::object)) {
      check_headers(*headers, pointer + "/headers", faults);
    }
  }

  std::optional<Target> target(json::Value payload) const override {
    return Target{.url = std::string(payload.find("url")->string()), .field = "url"};
  }

  asio::awaitable<Outcome> run(const Task& task, IoContext io, net::Abort& abort) const override {
    const auto document = json::Document::parse(task.payload);
    if (!document) throw std::logic_error("http: the payload was not checked");
    const HttpCall call = read_call(document->root(), task.traceparent, task.tracestate);
    auto url = policy_.check(call.url);  // the rules may be other than when the job was accepted
    if (!url) {
      co_return Failure{.code = std::string(describe(url.error().code).name),
                        .message = url.error().message,
                        .retry = false};
    }
    net::ClientRequest request;
    request.method = call.method;
    request.url = std::move(*url);
    request.fields = call.fields;
    request.body = call.body;
    request.timeout = task.timeout;
    request.max_response_bytes = kMaxResponse;
    auto answer = co_await io.client.send(std::move(request), abort);
    if (!answer) co_return failure_of(answer.error());
    co_return outcome_of(call, *answer, clock_.now());
  }

 private:
  const net::EgressPolicy& policy_;
  const Clock& clock_;
  PayloadSpec spec_{"http", http_fields()};
};

}  // namespace

std::unique_ptr<Operation> make_http(const net::EgressPolicy& policy, const Clock& clock) {
  return std::make_unique<Http>(policy, clock);
}

}  // namespace waypost::operation
