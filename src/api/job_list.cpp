#include "api/jobs.hpp"
#include "api/paging.hpp"
#include "api/problem.hpp"
#include "waypost/base/hint.hpp"
#include "waypost/base/text.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

constexpr std::size_t max_names = 100, max_tags = 50;

class ListReader {
 public:
  explicit ListReader(const Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
      if (std::ranges::count(parameters, name, &std::pair<std::string, std::string>::first) > 1)
        fault(name, "is given more than once");
      else if (name.starts_with("tag."))
        tag(name, value);
      else
        read(name, value);
    }
  }

  Result<store::ListQuery> result() {
    if (!faults_.empty()) return std::unexpected(faulty(Code::invalid_parameter, std::move(faults_)));
    return std::move(query_);
  }

 private:
  void read(const std::string& name, const std::string& value) {
    job::Filter& filter = query_.filter;
    if (value.empty() && (name == "type" || name == "queue"))
      fault(name, "must not be empty");
    else if (name == "state")
      states(value);
    else if (name == "type")
      names(name, value, filter.types);
    else if (name == "queue")
      names(name, value, filter.queues);
    else if (name == "created_after")
      filter.created_after = time(name, value);
    else if (name == "created_before")
      filter.created_before = time(name, value);
    else if (name == "order")
      order(value);
    else if (name == "limit")
      limit(value);
    else if (name == "cursor")
      cursor(value);
    else
      unknown(name);
  }

  void states(const std::string& value) {
    for (const auto name : text::split(value, ',')) {
      if (const auto state = job::parse_state(name))
        query_.filter.states.push_back(*state);
      else
        fault("state", "\"" + std::string(name) + "\" is no state of a job");
    }
  }

  void names(const std::string& parameter, const std::string& value, std::vector<std::string>& into) {
    for (const auto name : text::split(value, ',')) into.emplace_back(name);
    if (into.size() > max_names)
      fault(parameter, "must name at most " + std::to_string(max_names));
    else if (std::ranges::count(into, "") > 0)
      fault(parameter, "has an empty name between its commas");
  }

  void tag(const std::string& name, const std::string& value) {
    if (name.size() == 4)
      fault(name, "must name a tag, as in tag.team=maps");
    else
      query_.filter.tags.emplace(name.substr(4), value);
    if (query_.filter.tags.size() == max_tags + 1)
      fault(name, "is one tag too many: at most " + std::to_string(max_tags) + " may be given");
  }

  std::optional<Time> time(const std::string& name, const std::string& value) {
    const auto time = from_rfc3339(value);
    if (!time) fault(name, "must be a time by RFC 3339, such as 2026-11-22T19:03:11.042Z");
    return time;
  }

  void order(const std::string& value) {
    query_.ascending = value == "created_asc";
    if (value != "created_asc" && value != "created_desc")
      fault("order", "must be created_desc or created_asc");
  }

  void limit(const std::string& value) {
    if (const auto limit = parse_limit(value))
      query_.limit = *limit;
    else
      fault("limit", "must be between 1 and 1000, not " + value.substr(0, 40));
  }

  void cursor(const std::string& value) {
    query_.after = parse_cursor(value);
    if (!query_.after) fault("cursor", "is not one that this service gave out");
  }

  void unknown(const std::string& name) {
    constexpr std::array<std::string_view, 9> known{
        "state", "type", "queue", "tag.NAME", "created_after", "created_before", "order", "limit", "cursor"};
    faults_.push_back({.parameter = name,
                       .code = "unknown_parameter",
                       .detail = "is not a parameter of this route" + text::hint(name, known)});
  }

  void fault(const std::string& name, std::string detail) {
    faults_.push_back({.parameter = name, .code = "malformed", .detail = std::move(detail)});
  }

  store::ListQuery query_;
  std::vector<Fault> faults_;
};

}  // namespace

asio::awaitable<Reply> list_jobs(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto query = ListReader(*parameters).result();
  if (!query) co_return std::unexpected(query.error());
  query->filter.tenant = call.principal.tenant;
  const auto page = co_await store::reply<store::ListPage>(
      [&](auto done) { call.services.store.list(std::move(*query), std::move(done)); });
  if (!page) co_return std::unexpected(page.error());
  const Time now = call.services.clock.now();
  std::string data;
  json::Writer out(data);
  out.begin_array();
  for (const auto& job : page->jobs) job::write(out, job, now);
  out.end_array();
  co_return page_response(call, *parameters, data, page->next);
}

}  // namespace waypost::api
