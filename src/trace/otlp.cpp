#include <algorithm>

#include "waypost/base/json.hpp"
#include "waypost/base/redact.hpp"
#include "waypost/trace/span.hpp"

namespace waypost::trace {
namespace {

/// Secrets of ours have no place in traces either.
void write_text(json::Writer& out, std::string_view text) {
  const auto clean = redacted(text);
  out.string(clean ? std::string_view(*clean) : text);
}

void write_attribute(json::Writer& out, const Attribute& attribute) {
  out.begin_object().field("key", attribute.name).key("value").begin_object();
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    out.key("stringValue");
    write_text(out, *text);
  } else {
    // 64-bit integers are strings in protobuf's JSON.
    out.field("intValue", std::to_string(std::get<std::int64_t>(attribute.value)));
  }
  out.end_object().end_object();
}

void write_attributes(json::Writer& out, const std::vector<Attribute>& attributes) {
  out.key("attributes").begin_array();
  for (const Attribute& attribute : attributes) write_attribute(out, attribute);
  out.end_array();
}

void write_span(json::Writer& out, const Span& span) {
  constexpr int error_status = 2;
  out.begin_object().field("traceId", span.context.trace_id()).field("spanId", span.context.span_id());
  if (span.parent != 0) out.field("parentSpanId", TraceContext{.span = span.parent}.span_id());
  if (!span.state.empty()) out.field("traceState", span.state);
  out.key("name");
  write_text(out, span.name);
  out.field("kind", static_cast<int>(span.kind))
      .field("startTimeUnixNano", std::to_string(span.begin.count()))
      .field("endTimeUnixNano", std::to_string(std::max(span.begin, span.end).count()));
  write_attributes(out, span.attributes);
  out.key("status").begin_object();
  if (span.error) {
    out.field("code", error_status).key("message");
    write_text(out, *span.error);
  }
  out.end_object().end_object();
}

}  // namespace

std::string to_otlp(const Resource& resource, const std::vector<Span>& spans) {
  std::string body;
  json::Writer out(body);
  out.begin_object().key("resourceSpans").begin_array().begin_object();
  out.key("resource").begin_object();
  write_attributes(out, {{"service.name", resource.service_name},
                         {"service.version", WAYPOST_VERSION},
                         {"service.instance.id", resource.instance}});
  out.end_object().key("scopeSpans").begin_array().begin_object();
  out.key("scope").begin_object().field("name", "waypost").field("version", WAYPOST_VERSION).end_object();
  out.key("spans").begin_array();
  for (const Span& span : spans) write_span(out, span);
  out.end_array().end_object().end_array().end_object().end_array().end_object();
  return body;
}

}  // namespace waypost::trace
