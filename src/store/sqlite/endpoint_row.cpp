#include "store/sqlite/endpoint_row.hpp"

#include "store/sqlite/rows.hpp"
#include "waypost/base/json.hpp"

namespace waypost::store::sqlite {
namespace {

std::int64_t number_of(Time time) {
  return static_cast<std::int64_t>(time.time_since_epoch().count());
}

Time time_at(json::Value object, std::string_view name) {
  return Time{Milliseconds{object.find(name)->integer().value_or(0)}};
}

std::string text_at(json::Value object, std::string_view name) {
  return std::string(object.find(name)->string());
}

void write_list(json::Writer& out, std::string_view name, const std::vector<std::string>& values) {
  out.key(name).begin_array();
  for (const auto& value : values) out.string(value);
  out.end_array();
}

std::vector<std::string> list_at(json::Value object, std::string_view name) {
  std::vector<std::string> values;
  for (const auto value : object.find(name)->children()) values.emplace_back(value.string());
  return values;
}

void write_secrets(json::Writer& out, const Endpoint& endpoint) {
  out.field("secret", endpoint.sealed_secret).key("old_secrets").begin_array();
  for (const auto& [sealed, until] : endpoint.old_secrets)
    out.begin_object().field("secret", sealed).field("until", number_of(until)).end_object();
  out.end_array();
  out.key("headers").begin_object();
  for (const auto& [name, value] : endpoint.headers) out.field(name, value);
  out.end_object();
}

void write_filter(json::Writer& out, const EndpointFilter& filter) {
  write_list(out, "types", filter.types);
  write_list(out, "queues", filter.queues);
  out.key("tags").begin_object();
  for (const auto& [name, value] : filter.tags) out.field(name, value);
  out.end_object();
}

}  // namespace

std::string pack(const Endpoint& endpoint) {
  std::string packed;
  json::Writer out(packed);
  out.begin_object().field("url", endpoint.url).key("events").begin_array();
  for (const job::Notice notice : endpoint.events) out.integer(static_cast<int>(notice));
  out.end_array().field("hears_of_disabled", endpoint.hears_of_disabled);
  write_filter(out, endpoint.filter);
  write_secrets(out, endpoint);
  if (endpoint.description) out.field("description", *endpoint.description);
  if (endpoint.rate_per_second) out.key("rate").number(*endpoint.rate_per_second);
  if (const auto& disabled = endpoint.disabled)
    out.field("disabled", disabled->reason).field("disabled_at", number_of(disabled->at));
  if (endpoint.failing_since) out.field("failing_since", number_of(*endpoint.failing_since));
  out.field("created_at", number_of(endpoint.created_at))
      .field("updated_at", number_of(endpoint.updated_at))
      .end_object();
  return packed;
}

Endpoint read_endpoint(const Statement& row) {
  Endpoint endpoint{.ulid = ulid_of(row.integer(0), row.integer(1)),
                    .tenant = static_cast<Tenant>(row.integer(4)),
                    .version = row.integer(2),
                    .events = {}};
  const std::string packed(row.text(3));
  const auto document = json::Document::parse(packed);
  if (!document) throw std::runtime_error("the endpoint's row is no JSON: " + document.error().message);
  const json::Value spec = document->root();
  endpoint.url = text_at(spec, "url");
  for (const auto notice : spec.find("events")->children())
    endpoint.events.push_back(static_cast<job::Notice>(notice.integer().value_or(0)));
  endpoint.hears_of_disabled = spec.find("hears_of_disabled")->boolean();
  endpoint.filter.types = list_at(spec, "types");
  endpoint.filter.queues = list_at(spec, "queues");
  for (const auto tag : spec.find("tags")->children()) endpoint.filter.tags.emplace(tag.key(), tag.string());
  endpoint.sealed_secret = text_at(spec, "secret");
  for (const auto old : spec.find("old_secrets")->children())
    endpoint.old_secrets.push_back({text_at(old, "secret"), time_at(old, "until")});
  for (const auto header : spec.find("headers")->children())
    endpoint.headers.push_back({std::string(header.key()), std::string(header.string())});
  if (spec.find("description")) endpoint.description = text_at(spec, "description");
  if (const auto rate = spec.find("rate")) endpoint.rate_per_second = rate->number();
  if (spec.find("disabled")) endpoint.disabled = {text_at(spec, "disabled"), time_at(spec, "disabled_at")};
  if (spec.find("failing_since")) endpoint.failing_since = time_at(spec, "failing_since");
  endpoint.created_at = time_at(spec, "created_at");
  endpoint.updated_at = time_at(spec, "updated_at");
  return endpoint;
}

}  // namespace waypost::store::sqlite
