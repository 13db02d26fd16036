#include "api/audit.hpp"

#include "api/paging.hpp"
#include "api/problem.hpp"
#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

constexpr std::size_t longest_request = 4096, longest_resource = 128;

std::string actor_of(const auth::Principal& principal) {
  if (!principal.key.empty()) return principal.key;
  return principal.is_operator ? "operator" : "anonymous";
}

std::string named_in_path(const Call& call) {
  return text::percent_decode(call.arguments[0], false).value_or("").substr(0, longest_resource);
}

/// What the path names, or the thing that was made.
std::string resource_of(const Call& call, const Reply& reply) {
  if (!call.arguments[0].empty()) return named_in_path(call);
  if (!reply) return {};
  for (const net::Field& field : reply->fields)
    if (field.name == "Location") return std::string(field.value.substr(field.value.rfind('/') + 1));
  return {};
}

/// The body, of changes that say in it what they are of and hold no secret.
std::string kept_request(const Call& call) {
  const std::string_view body = text::trim(call.request.body);
  const bool kept = call.trail.route.audit.keeps_request && body.size() <= longest_request;
  return std::string(kept ? body : std::string_view());
}

/// Who did what, when and from where.
store::AuditEntry entry_of(const Call& call) {
  const net::RequestHead& head = call.request.head;
  const Time now = call.services.clock.now();
  return {.ulid = make_ulid(now),
          .at = now,
          .actor = actor_of(call.principal),
          .action = std::string(call.trail.route.audit.action),
          .resource = {},
          .outcome = {},
          .request = {},
          .address = std::string(head.remote_address),
          .request_id = std::string(head.request_id)};
}

void write_or_null(json::Writer& out, std::string_view name, const std::string& text) {
  out.field(name, text.empty() ? std::nullopt : std::optional(text));
}

void write(json::Writer& out, const store::AuditEntry& entry) {
  out.begin_object()
      .field("id", format_id(store::AuditEntry::id_prefix, entry.ulid))
      .field("at", to_rfc3339(entry.at))
      .field("actor", entry.actor)
      .field("action", entry.action);
  write_or_null(out, "resource", entry.resource);
  out.field("outcome", entry.outcome).key("request");
  entry.request.empty() ? out.null() : out.raw(entry.request);
  write_or_null(out, "address", entry.address);
  write_or_null(out, "request_id", entry.request_id);
  out.end_object();
}

std::optional<Time> time_at(json::Fields& fields, std::string_view name) {
  const auto given = fields.string(name);
  if (!given) return {};
  const auto time = from_rfc3339(*given);
  if (!time) fields.fault(name, "malformed", "must be a time by RFC 3339, such as 2026-11-22T19:03:11.042Z");
  return time;
}

Result<store::AuditQuery> read_query(const Parameters& parameters) {
  const auto query = QueryObject::make(parameters);
  if (!query) return std::unexpected(query.error());
  std::vector<Fault> faults;
  json::Fields fields(query->root(), "", faults, json::Fields::Source::query);
  store::AuditQuery wanted;
  const auto text = [&](std::string_view name) -> std::optional<std::string> {
    const auto given = fields.string(name, {1, 256});
    return given ? std::optional<std::string>(*given) : std::nullopt;
  };
  wanted.actor = text("actor");
  wanted.action = text("action");
  wanted.resource = text("resource");
  wanted.since = time_at(fields, "since");
  wanted.until = time_at(fields, "until");
  const PageQuery page = read_page(fields);
  wanted.page = {.after = page.after, .limit = page.limit};
  fields.finish();
  if (!faults.empty()) return std::unexpected(faulty(Code::invalid_parameter, std::move(faults)));
  return wanted;
}

}  // namespace

asio::awaitable<Reply> list_audit(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto query = read_query(*parameters);
  if (!query) co_return std::unexpected(query.error());
  const auto page = co_await store::reply<store::Page<store::AuditEntry>>(
      [&](auto done) { call.services.audit.list(std::move(*query), std::move(done)); });
  if (!page) co_return std::unexpected(page.error());
  std::string data;
  json::Writer out(data);
  out.begin_array();
  for (const auto& entry : page->rows) write(out, entry);
  out.end_array();
  co_return page_response(call, *parameters, data, page->next);
}

store::Note note_of(const Call& call, std::string_view made) {
  if (call.trail.route.audit.action.empty()) return nullptr;
  store::AuditEntry entry = entry_of(call);
  entry.resource = call.arguments[0].empty() ? std::string(made) : named_in_path(call);
  entry.outcome = "done";
  entry.request = kept_request(call);
  return std::make_unique<const store::AuditEntry>(std::move(entry));
}

asio::awaitable<Reply> write_down(Call call, Reply reply) {
  if (reply && call.trail.written) co_return reply;
  store::AuditEntry entry = entry_of(call);
  entry.resource = resource_of(call, reply);
  entry.outcome = reply ? "done" : std::string(describe(reply.error().code).name);
  if (reply) entry.request = kept_request(call);
  const auto written = co_await store::reply<void>(
      [&](auto done) { call.services.audit.record(std::move(entry), std::move(done)); });
  if (!written) co_return std::unexpected(written.error());
  co_return reply;
}

}  // namespace waypost::api
