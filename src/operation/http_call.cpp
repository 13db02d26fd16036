#include "operation/http_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "waypost/base/text.hpp"
#include "waypost/operation/retry_after.hpp"

namespace waypost::operation {
namespace {

bool has_field(const std::vector<net::Field>& fields, std::string_view name) {
  return std::ranges::any_of(fields,
                             [&](const net::Field& field) { return text::iequals(field.name, name); });
}

std::optional<std::string_view> string_of(json::Value payload, std::string_view name) {
  const auto value = payload.find(name);
  if (!value || !value->is(json::Kind::string)) return std::nullopt;
  return value->string();
}

bool succeeds(const HttpCall& call, int status) {
  if (!call.expect_status.empty())
    return std::ranges::find(call.expect_status, status) != call.expect_status.end();
  return status >= 200 && status < 300;
}

bool may_pass(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

bool says_json(const net::ClientResponse& response) {
  const std::string* type = response.field("content-type");
  if (type == nullptr) return false;
  const std::string media = text::lower_ascii(text::trim(std::string_view(*type).substr(0, type->find(';'))));
  return media == "application/json" || media.ends_with("+json");
}

bool is_encoded(const net::ClientResponse& response) {
  const std::string* encoding = response.field("content-encoding");
  return encoding != nullptr && !encoding->empty() && !text::iequals(*encoding, "identity");
}

void write_body(json::Writer& writer, const net::ClientResponse& response) {
  const std::string& body = response.body;
  if (body.empty()) {
    writer.key("body").null();
  } else if (is_encoded(response) || !text::is_utf8(body)) {
    writer.field("body_base64",
                 text::base64({reinterpret_cast<const unsigned char*>(body.data()), body.size()}));
  } else if (says_json(response) && json::Document::parse(body)) {
    writer.key("body").raw(text::trim(body));
  } else {
    writer.field("body", body);
  }
}

void write_headers(json::Writer& writer, const std::vector<net::Field>& fields) {
  std::map<std::string, std::vector<std::string_view>> by_name;
  for (const net::Field& field : fields) by_name[text::lower_ascii(field.name)].push_back(field.value);
  writer.key("headers").begin_object();
  for (const auto& [name, values] : by_name) {
    writer.key(name);
    if (name == "set-cookie") {  // the one field whose values cannot be joined (RFC 9110 §5.3)
      writer.begin_array();
      for (const std::string_view value : values) writer.string(value);
      writer.end_array();
      continue;
    }
    std::string joined(values.front());
    for (const std::string_view value : std::span(values).subspan(1)) joined.append(", ").append(value);
    writer.string(joined);
  }
  writer.end_object();
}

// The first of a refusal's text: most services say there what they did not like.
std::string excerpt(const net::ClientResponse& response) {
  constexpr std::size_t kMost = 200;
  if (is_encoded(response)) return {};
  std::string text(text::trim(std::string_view(response.body).substr(0, kMost)));
  for (int cut = 0; cut < 4 && !text::is_utf8(text) && !text.empty(); ++cut) text.pop_back();
  if (text.empty() || !text::is_utf8(text)) return {};
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return ": " + text;
}

// Without the query, which may hold secrets.
std::string_view shown_url(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace

HttpCall read_call(json::Value payload, std::string_view traceparent, std::string_view tracestate) {
  HttpCall call;
  call.url = string_of(payload, "url").value_or("");
  const auto headers = payload.find("headers");
  if (headers && headers->is(json::Kind::object)) {
    for (const json::Value header : headers->children()) {
      call.fields.push_back({std::string(header.key()), std::string(header.string())});
    }
  }
  const auto body = payload.find("body");
  const bool has_body = body && !body->is(json::Kind::null);
  if (has_body) {
    const bool is_text = body->is(json::Kind::string);
    call.body = is_text ? body->string() : body->raw();
    if (!has_field(call.fields, "content-type")) {
      call.fields.push_back({"Content-Type", is_text ? "text/plain; charset=utf-8" : "application/json"});
    }
  }
  if (!traceparent.empty() && !has_field(call.fields, "traceparent")) {
    call.fields.push_back({"traceparent", std::string(traceparent)});
    if (!tracestate.empty() && !has_field(call.fields, "tracestate"))
      call.fields.push_back({"tracestate", std::string(tracestate)});
  }
  call.method = string_of(payload, "method").value_or(has_body ? "POST" : "GET");
  const auto expected = payload.find("expect_status");
  if (expected && expected->is(json::Kind::array)) {
    for (const json::Value status : expected->children()) {
      call.expect_status.push_back(static_cast<int>(status.integer().value_or(0)));
    }
  }
  return call;
}

Outcome outcome_of(const HttpCall& call, const net::ClientResponse& response, Time now) {
  if (!succeeds(call, response.status)) {
    Failure failure{.code = "http_status",
                    .message = fmt::format("{} {} answered {}{}", call.method, shown_url(call.url),
                                           response.status, excerpt(response)),
                    .retry = may_pass(response.status)};
    const std::string* retry_after = response.field("retry-after");
    if (failure.retry && retry_after != nullptr) failure.retry_after = parse_retry_after(*retry_after, now);
    return failure;
  }
  Success success;
  json::Writer writer(success.body);
  writer.begin_object().field("status", response.status);
  write_headers(writer, response.fields);
  write_body(writer, response);
  writer.end_object();
  return success;
}

Failure failure_of(const net::ClientError& error) {
  using Kind = net::ClientError::Kind;
  const bool final = error.kind == Kind::egress_forbidden || error.kind == Kind::too_large;
  return {.code = std::string(net::to_string(error.kind)), .message = error.message, .retry = !final};
}

}  // namespace waypost::operation
