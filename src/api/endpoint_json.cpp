#include "api/endpoint_json.hpp"

#include <algorithm>
#include <array>

#include "waypost/base/text.hpp"
#include "waypost/operation/headers.hpp"

namespace waypost::api {
namespace {

using json::Fields;

constexpr std::size_t most_headers = 20, most_filter_values = 100;
constexpr std::array<std::string_view, 7> our_headers{
    "webhook-id", "webhook-timestamp", "webhook-signature", "content-type",
    "user-agent", "traceparent",       "tracestate"};
constexpr std::array<std::string_view, 3> state_names{"pending", "delivered", "given_up"};

/// Reads the fields of one endpoint; each member function one of them. A field that is null is as if new.
class EndpointReader {
 public:
  EndpointReader(Fields& fields, const Services& services, store::Endpoint& endpoint,
                 std::vector<Fault>& faults)
      : fields_(fields), services_(services), endpoint_(endpoint), faults_(faults) {}

  void read() {
    url();
    events();
    filter();
    if (fields_.any("description")) {
      const auto description = fields_.string("description", {0, 1000});
      endpoint_.description = description ? std::optional(std::string(*description)) : std::nullopt;
    }
    headers();
    if (fields_.any("rate_per_second"))
      endpoint_.rate_per_second = fields_.number("rate_per_second", {0.001, 1'000'000});
    enabled();
    fields_.finish();
  }

 private:
  void url() {
    if (endpoint_.url.empty() || fields_.has("url")) fields_.require("url");
    const auto url = fields_.string("url", {1, 2048});
    if (!url) return;
    endpoint_.url = *url;
    if (const auto checked = services_.egress.check(*url); !checked)
      fields_.fault("url", checked.error().code == Code::egress_forbidden ? "egress_forbidden" : "malformed",
                    checked.error().message);
  }

  void events() {
    if (!fields_.any("events")) return;
    const auto names = fields_.strings("events");
    endpoint_.events = names ? std::vector<job::Notice>() : job::default_notices();
    endpoint_.hears_of_disabled = false;
    if (!names) return;
    if (names->empty()) fields_.fault("events", "too_short", "must name at least one event");
    for (std::size_t i = 0; i < names->size(); ++i) event((*names)[i], i);
  }

  void event(const std::string& name, std::size_t index) {
    const auto notice = job::parse_notice(name);
    if (name == store::WebhookStore::disabled_event)
      endpoint_.hears_of_disabled = true;
    else if (!notice)
      faults_.push_back({.pointer = fields_.pointer("events") + "/" + std::to_string(index),
                         .code = "not_allowed",
                         .detail = "\"" + name.substr(0, 100) + "\" is no event"});
    else if (std::ranges::find(endpoint_.events, *notice) == endpoint_.events.end())
      endpoint_.events.push_back(*notice);
  }

  void filter() {
    if (!fields_.any("filter")) return;
    endpoint_.filter = {};
    const auto filter = fields_.object("filter");
    if (!filter) return;
    Fields inner(*filter, fields_.pointer("filter"), faults_);
    endpoint_.filter.types = names(inner, "types");
    endpoint_.filter.queues = names(inner, "queues");
    if (const auto tags = inner.object("tags"))
      for (const auto& [name, value] : texts(*tags, inner.pointer("tags"), 50))
        endpoint_.filter.tags.emplace(name, value);
    inner.finish();
  }

  std::vector<std::string> names(Fields& fields, std::string_view name) {
    auto values = fields.strings(name).value_or(std::vector<std::string>());
    if (values.size() > most_filter_values) fields.fault(name, "too_long", "must have at most 100 elements");
    if (std::ranges::any_of(values, &std::string::empty))
      fields.fault(name, "too_short", "must not hold empty names");
    return values;
  }

  /// The members of an object of strings.
  std::vector<std::pair<std::string, std::string>> texts(json::Value object, const std::string& pointer,
                                                         std::size_t most) {
    std::vector<std::pair<std::string, std::string>> members;
    Fields fields(object, pointer, faults_);
    if (object.size() > most)
      faults_.push_back({.pointer = pointer,
                         .code = "too_long",
                         .detail = "must have at most " + std::to_string(most) + " members"});
    for (const auto member : object.children()) {
      if (const auto value = fields.string(member.key(), {0, 4096}))
        members.emplace_back(member.key(), *value);
      else if (member.is(json::Kind::null))
        fields.fault(member.key(), "wrong_type", "must be a string, not null");
    }
    return members;
  }

  void headers() {
    if (!fields_.any("headers")) return;
    endpoint_.headers.clear();
    const auto headers = fields_.object("headers");
    if (!headers) return;
    const std::string pointer = fields_.pointer("headers");
    operation::check_headers(*headers, pointer, faults_, our_headers);
    for (const auto& [name, value] : texts(*headers, pointer, most_headers))
      endpoint_.headers.push_back({name, services_.seal(value)});
  }

  void enabled() {
    const auto enabled = fields_.boolean("enabled");
    if (!enabled) return;
    if (*enabled) {
      endpoint_.disabled.reset();
      endpoint_.failing_since.reset();
    } else if (!endpoint_.disabled) {
      endpoint_.disabled = store::Disabled{"requested", services_.clock.now()};
    }
  }

  Fields& fields_;
  const Services& services_;
  store::Endpoint& endpoint_;
  std::vector<Fault>& faults_;
};

void write_list(json::Writer& out, std::string_view name, const std::vector<std::string>& values) {
  out.key(name).begin_array();
  for (const auto& value : values) out.string(value);
  out.end_array();
}

void write_filter(json::Writer& out, const store::EndpointFilter& filter) {
  out.key("filter").begin_object();
  write_list(out, "types", filter.types);
  write_list(out, "queues", filter.queues);
  out.key("tags").begin_object();
  for (const auto& [name, value] : filter.tags) out.field(name, value);
  out.end_object().end_object();
}

void write_events(json::Writer& out, const store::Endpoint& endpoint) {
  out.key("events").begin_array();
  for (const job::Notice notice : endpoint.events) out.string(job::to_string(notice));
  if (endpoint.hears_of_disabled) out.string(store::WebhookStore::disabled_event);
  out.end_array();
}

}  // namespace

void read_endpoint(json::Value object, const Services& services, store::Endpoint& endpoint,
                   std::vector<Fault>& faults) {
  if (!object.is(json::Kind::object)) {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
    return;
  }
  Fields fields(object, "", faults);
  EndpointReader(fields, services, endpoint, faults).read();
}

Result<void> write(json::Writer& out, const store::Endpoint& endpoint, const Services& services,
                   std::optional<std::string_view> secret) {
  out.begin_object().field("id", format_id(endpoint_prefix, endpoint.ulid)).field("url", endpoint.url);
  write_events(out, endpoint);
  write_filter(out, endpoint.filter);
  out.field("description", endpoint.description).field("enabled", !endpoint.disabled).key("headers");
  out.begin_object();
  for (const auto& [name, sealed] : endpoint.headers) {
    const auto value = services.unseal(sealed);
    if (!value) return std::unexpected(value.error());
    out.field(name, *value);
  }
  out.end_object().key("rate_per_second");
  if (endpoint.rate_per_second)
    out.number(*endpoint.rate_per_second);
  else
    out.null();
  out.key("disabled");
  if (const auto& disabled = endpoint.disabled)
    out.begin_object().field("reason", disabled->reason).field("at", to_rfc3339(disabled->at)).end_object();
  else
    out.null();
  out.field("failing_since", endpoint.failing_since);
  if (secret) out.field("secret", *secret);
  out.field("created_at", to_rfc3339(endpoint.created_at))
      .field("updated_at", to_rfc3339(endpoint.updated_at))
      .end_object();
  return {};
}

Result<std::string> endpoint_body(const store::Endpoint& endpoint, const Services& services,
                                  std::optional<std::string_view> secret) {
  std::string body;
  json::Writer out(body);
  if (auto written = write(out, endpoint, services, secret); !written)
    return std::unexpected(written.error());
  return body;
}

void write(json::Writer& out, const store::DeliveryRecord& delivery) {
  out.begin_object()
      .field("id", format_id(delivery_prefix, delivery.id))
      .field("event_id", format_id(job::event_id_prefix, delivery.event))
      .field("type", delivery.type)
      .field("endpoint_id", format_id(endpoint_prefix, delivery.endpoint))
      .field("job_id", delivery.job ? std::optional(format_id(job::id_prefix, *delivery.job)) : std::nullopt)
      .field("state", state_names[static_cast<std::size_t>(delivery.state)])
      .field("created_at", to_rfc3339(delivery.created_at));
  out.field("next_attempt_at", delivery.next_at);
  out.key("attempts").begin_array();
  for (const auto line : text::split(delivery.log, '\n'))
    if (!line.empty()) out.raw(line);
  out.end_array().end_object();
}

std::optional<store::DeliveryRecord::State> parse_delivery_state(std::string_view text) {
  const auto found = std::ranges::find(state_names, text);
  if (found == state_names.end()) return {};
  return static_cast<store::DeliveryRecord::State>(found - state_names.begin());
}

}  // namespace waypost::api
