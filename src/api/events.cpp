#include "api/events.hpp"

#include <charconv>

#include "api/jobs.hpp"
#include "api/problem.hpp"
#include "api/waiting.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

/// Silence that is short enough for proxies and for whoever wants to know whether the other side is there.
constexpr Seconds heartbeat_interval{15};
/// Events of a stream that are in memory at a time.
constexpr std::size_t page_size = 100;

asio::awaitable<Result<job::History>> read_history(const Services& services, store::OwnedId id,
                                                   std::int64_t after, std::size_t limit) {
  co_return co_await store::reply<job::History>(
      [&](auto done) { services.histories.read(id, after, limit, std::move(done)); });
}

/// The sequence after which to go on; 0 for the start.
Result<std::int64_t> last_event_id(const net::RequestHead& head) {
  const auto field = head.field("last-event-id");
  if (!field || field->empty()) return 0;
  std::int64_t sequence = 0;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), sequence);
  if (error == std::errc{} && end == field->data() + field->size() && sequence >= 0) return sequence;
  return std::unexpected(faulty(Code::invalid_parameter,
                                {{.parameter = "Last-Event-ID",
                                  .code = "malformed",
                                  .detail = "must be the id of an event of this stream, a whole number"}}));
}

/// The events of one job as they happen. It reads from the store what is new whenever its watch tells, so
/// that a slow reader holds back nothing but itself.
class EventSource final : public net::BodySource {
 public:
  EventSource(const Services& services, store::OwnedId id, engine::Watch watch, std::int64_t after,
              const job::History& first)
      : services_(services), id_(id), watch_(std::move(watch)), last_(after) {
    take(first);
  }

  asio::awaitable<Result<std::string_view>> read() override {
    text_.swap(fresh_);
    fresh_.clear();
    while (text_.empty() && !ended_) {
      if (!more_) {
        const bool told = co_await next(watch_, services_.clock.now() + heartbeat_interval);
        if (services_.engine.draining()) break;
        if (!told) co_return std::string_view(": heartbeat\n\n");
      }
      const auto history = co_await read_history(services_, id_, last_, page_size);
      if (!history && history.error().code == Code::not_found) break;  // deleted meanwhile
      if (!history) co_return std::unexpected(history.error());
      take(*history);
      text_.swap(fresh_);
    }
    co_return std::string_view(text_);
  }

 private:
  void take(const job::History& history) {
    for (const job::PastEvent& event : history.events) {
      fresh_ += "id: " + std::to_string(event.sequence) + "\nevent: ";
      fresh_ += job::to_string(event.notice);
      fresh_ += "\ndata: ";
      json::Writer out(fresh_);
      job::write(out, id_.id, history, event);
      fresh_ += "\n\n";
      last_ = event.sequence;
    }
    more_ = history.events.size() == page_size;
    ended_ = !more_ && job::is_terminal(history.state);
  }

  const Services& services_;
  const store::OwnedId id_;
  engine::Watch watch_;
  std::int64_t last_;
  std::string fresh_, text_;
  bool more_ = false;   ///< the store has more than was read
  bool ended_ = false;  ///< what was read ends with what the job ended with
};

net::Response list_response(Ulid id, const job::History& history) {
  std::string body;
  json::Writer out(body);
  out.begin_object().key("data").begin_array();
  for (const auto& event : history.events) job::write(out, id, history, event);
  out.end_array().end_object();
  return json_response(200, std::move(body));
}

}  // namespace

asio::awaitable<Reply> get_events(Call call) {
  const net::RequestHead& head = call.request.head;
  const Services& services = call.services;
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto id = job_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto after = last_event_id(head);
  if (!after) co_return std::unexpected(after.error());
  const bool streams =
      preferred_type(head.joined("accept"), "text/event-stream application/json") == "text/event-stream";
  engine::Watch watch = services.engine.watch(id->id, engine::Watch::For::event);
  const auto history =
      co_await read_history(services, *id, *after, streams ? page_size : store::HistoryStore::max_events);
  if (!history) co_return std::unexpected(history.error());
  if (!streams) co_return list_response(id->id, *history);
  // Nothing will come any more: the answer that keeps an EventSource from asking again (WHATWG HTML §9.2.3).
  if (history->events.empty() && job::is_terminal(history->state))
    co_return net::Response{.status = 204, .content_type = ""};
  net::Response response{.content_type = "text/event-stream", .compress = false};
  response.fields.push_back({"Cache-Control", "no-store"});
  response.fields.push_back({"X-Accel-Buffering", "no"});
  response.stream = std::make_unique<EventSource>(services, *id, std::move(watch), *after, *history);
  co_return response;
}

}  // namespace waypost::api
