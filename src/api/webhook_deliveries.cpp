#include <algorithm>

#include "api/audit.hpp"
#include "api/endpoint_json.hpp"
#include "api/paging.hpp"
#include "api/problem.hpp"
#include "api/submit.hpp"
#include "api/tracing.hpp"
#include "api/webhook_endpoints.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view test_event = "webhook.test";

std::string delivery_body(const store::DeliveryRecord& record) {
  std::string body;
  json::Writer out(body);
  write(out, record);
  return body;
}

store::StoredAnswer accepted(const store::DeliveryRecord& record) {
  return {202, delivery_body(record), ""};
}

std::string test_body(const store::Endpoint& endpoint, Time now) {
  std::string body;
  json::Writer out(body);
  out.begin_object().field("type", test_event).field("timestamp", to_rfc3339(now)).key("data");
  out.begin_object().key("endpoint").begin_object();
  out.field("id", format_id(endpoint_prefix, endpoint.ulid)).field("url", endpoint.url);
  out.end_object().end_object().end_object();
  return body;
}

Error is_disabled(const store::Endpoint& endpoint) {
  return {.code = Code::conflict,
          .message = format_id(endpoint_prefix, endpoint.ulid) + " is disabled (" +
                     endpoint.disabled->reason + "); enable it first"};
}

/// `state`, `limit` and `cursor`.
Result<store::DeliveryQuery> read_query(const Parameters& parameters) {
  store::DeliveryQuery query;
  const auto page = read_page(parameters, [&query](json::Fields& fields) {
    const auto state = fields.string("state");
    if (!state) return;
    query.state = parse_delivery_state(*state);
    if (!query.state) fields.fault("state", "not_allowed", "must be pending, delivered or given_up");
  });
  if (!page) return std::unexpected(page.error());
  query.page = {.after = page->after, .limit = page->limit};
  return query;
}

/// From when on a replay sends again: `since`, in the past.
Result<Time> read_since(const Call& call) {
  const auto document = json_body(call);
  if (!document) return std::unexpected(document.error());
  std::vector<Fault> faults;
  Time since{};
  if (!document->root().is(json::Kind::object)) {
    faults.push_back({.pointer = "", .code = "wrong_type", .detail = "must be an object"});
  } else {
    json::Fields fields(document->root(), "", faults);
    fields.require("since");
    if (const auto text = fields.string("since")) {
      const auto time = from_rfc3339(*text);
      if (!time)
        fields.fault("since", "malformed", "must be a time by RFC 3339, such as 2026-11-22T19:03:11.042Z");
      else if (*time > call.services.clock.now())
        fields.fault("since", "out_of_range", "must not lie in the future");
      else
        since = *time;
    }
    fields.finish();
  }
  if (!faults.empty()) return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  return since;
}

/// A sequence starts with the milliseconds of its creation (base/id.hpp).
std::int64_t sequence_at(Time time) {
  return std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, std::int64_t{1} << 46) << 16;
}

store::StoredAnswer replayed_answer(std::size_t count) {
  return {202, "{\"replayed\":" + std::to_string(count) + "}", ""};
}

}  // namespace

asio::awaitable<Reply> test_endpoint(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  auto key = keyed(call);
  if (!key) co_return std::unexpected(key.error());
  const auto endpoint = co_await load_endpoint(call);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  if (endpoint->disabled) co_return std::unexpected(is_disabled(*endpoint));
  const Time now = call.services.clock.now();
  const Ulid event = make_ulid(now);
  // An event of no job is a lane of its own: one test does not wait for another.
  store::Delivery delivery{.id = make_ulid(now),
                           .event = event,
                           .job = event,
                           .tenant = endpoint->tenant,
                           .endpoint = endpoint->ulid.sequence(),
                           .body = test_body(*endpoint, now),
                           .traceparent = std::string(call.request.head.traceparent),
                           .tracestate = tracestate_of(call.request.head),
                           .created_at = now,
                           .next_at = now};
  const store::StoredAnswer answer = accepted({.id = delivery.id,
                                               .event = event,
                                               .endpoint = endpoint->ulid,
                                               .type = std::string(test_event),
                                               .created_at = now,
                                               .next_at = now});
  const auto owed = co_await store::reply<store::Submitted>([&](auto done) {
    call.services.webhooks.owe(std::move(delivery), std::string(test_event), {std::move(*key), answer},
                               std::move(done));
  });
  if (!owed) co_return std::unexpected(owed.error());
  co_return answer_of(*owed, answer);
}

asio::awaitable<Reply> list_deliveries(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto query = read_query(*parameters);
  if (!query) co_return std::unexpected(query.error());
  const auto endpoint = co_await load_endpoint(call);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  query->endpoint = endpoint->ulid;
  const auto page = co_await store::reply<store::Page<store::DeliveryRecord>>(
      [&](auto done) { call.services.webhooks.deliveries(*query, std::move(done)); });
  if (!page) co_return std::unexpected(page.error());
  std::string data;
  json::Writer out(data);
  out.begin_array();
  for (const auto& delivery : page->rows) write(out, delivery);
  out.end_array();
  co_return page_response(call, *parameters, data, page->next);
}

asio::awaitable<Reply> redeliver(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  auto key = keyed(call);
  if (!key) co_return std::unexpected(key.error());
  const auto id = parse_id(delivery_prefix, call.arguments[0]);
  if (!id)
    co_return fail(Code::not_found, "there is no delivery " + std::string(call.arguments[0].substr(0, 64)));
  const Ulid again = make_ulid(call.services.clock.now());
  const auto owed = co_await change<store::Submitted>(call, [&](auto done) {
    call.services.webhooks.redeliver({*id, call.principal.tenant}, again, std::move(*key), accepted,
                                     std::move(done));
  });
  if (!owed) co_return std::unexpected(owed.error());
  co_return answer_of(*owed, owed->answer.value_or(store::StoredAnswer{}));
}

asio::awaitable<Reply> replay(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  auto key = keyed(call);
  if (!key) co_return std::unexpected(key.error());
  const auto since = read_since(call);
  if (!since) co_return std::unexpected(since.error());
  const auto endpoint = co_await load_endpoint(call);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  if (endpoint->disabled) co_return std::unexpected(is_disabled(*endpoint));
  store::ReplayStep step{.endpoint = endpoint->ulid.sequence(),
                         .after = sequence_at(*since) - 1,
                         .until = make_ulid(call.services.clock.now()).sequence()};
  const auto kept_key = *key;
  if (*key) (*key)->held = true;  // the answer follows with the last step
  store::Keyed first{std::move(*key), replayed_answer(0)};
  std::size_t count = 0;
  for (bool more = true; more;) {
    auto write = [&](auto reply) {
      call.services.webhooks.replay(step, std::exchange(first, {}), std::move(reply));
    };
    const auto done = co_await change_in_steps<store::ReplayDone>(call, write);
    if (!done) co_return std::unexpected(done.error());
    if (done->replayed) co_return answer_of({.replayed = true, .answer = done->answer}, {});
    count += done->count;
    more = done->next.has_value();
    if (more) step.after = *done->next;
  }
  const store::StoredAnswer answer = replayed_answer(count);
  if (kept_key) {
    const auto kept = co_await store::reply<void>(
        [&](auto done) { call.services.store.put_answer(*kept_key, answer, std::move(done)); });
    if (!kept) co_return std::unexpected(kept.error());
  }
  co_return answer_of({}, answer);
}

}  // namespace waypost::api
