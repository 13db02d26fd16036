#include "api/problem.hpp"

#include <algorithm>

#include "waypost/base/json.hpp"

namespace waypost::api {
namespace {

void write_fault(json::Writer& out, const Fault& fault) {
  out.begin_object();
  if (fault.pointer) out.field("pointer", *fault.pointer);
  if (fault.parameter) out.field("parameter", *fault.parameter);
  out.field("code", fault.code).field("detail", fault.detail).end_object();
}

}  // namespace

net::Response problem(const Error& error, std::string_view request_id) {
  const CodeFacts& facts = describe(error.code);
  net::Response response{.status = facts.status, .content_type = "application/problem+json"};
  std::string slug(facts.name);
  std::ranges::replace(slug, '_', '-');
  json::Writer out(response.body);
  out.begin_object();
  out.field("type", "https://waypost.dev/problems/" + slug)
      .field("title", facts.title)
      .field("status", facts.status);
  out.field("detail", error.message).field("code", facts.name).field("request_id", request_id);
  const auto number = [&](std::string_view name, std::optional<std::size_t> value) {
    if (value) out.field(name, static_cast<std::int64_t>(*value));
  };
  number("line", error.line);
  number("column", error.column);
  number("byte", error.byte);
  if (!error.faults.empty()) {
    out.key("errors").begin_array();
    for (const Fault& fault : error.faults) write_fault(out, fault);
    out.end_array();
  }
  out.end_object();
  if (error.retry_after_seconds)
    response.fields.push_back({"Retry-After", std::to_string(*error.retry_after_seconds)});
  response.fields.push_back({"Cache-Control", "no-store"});
  return response;
}

Error faulty(Code code, std::vector<Fault> faults) {
  const bool only_egress =
      std::ranges::all_of(faults, [](const Fault& f) { return f.code == "egress_forbidden"; });
  Error error{.code = only_egress ? Code::egress_forbidden : code};
  if (faults.size() == 1) {
    const Fault& fault = faults.front();
    const std::string where = fault.parameter.value_or(fault.pointer.value_or(""));
    error.message = where.empty() ? fault.detail : where + ": " + fault.detail;
  } else {
    error.message = std::to_string(faults.size()) +
                    (code == Code::invalid_parameter ? " parameters" : " fields") + " are not valid";
  }
  error.faults = std::move(faults);
  return error;
}

}  // namespace waypost::api
