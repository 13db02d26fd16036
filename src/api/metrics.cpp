#include "waypost/api/metrics.hpp"

#include "api/exposition.hpp"
#include "api/metric_families.hpp"
#include "api/request_figures.hpp"
#include "api/router.hpp"

namespace waypost::api {
namespace {

constexpr std::array refusal_codes{Code::unauthenticated, Code::forbidden, Code::rate_limited};

void add_requests(Exposition& out, const RequestFigures& figures) {
  Family requests = out["waypost_http_requests_total"];
  Family durations = out["waypost_http_request_duration_seconds"];
  // Last stands what no route is for.
  for (std::size_t i = 0; i <= routes().size(); ++i) {
    const bool known = i < routes().size();
    const std::string method(known ? routes()[i].method : ""), path(known ? routes()[i].path : "none");
    const RequestFigures::Sum sum = figures.sum(i);
    if (sum.durations.count() == 0) continue;  // a series for what nobody asks for costs others
    for (std::size_t code = 0; code < sum.by_code.size(); ++code)
      if (sum.by_code[code] > 0)
        requests.add({{"method", method}, {"route", path}, {"code", RequestFigures::code_name(code)}},
                     sum.by_code[code]);
    durations.add({{"method", method}, {"route", path}}, sum.durations);
  }
}

}  // namespace

struct Metrics::Counts {
  RequestFigures requests{routes().size() + 1};
  std::array<std::atomic<std::uint64_t>, refusal_codes.size()> refusals{};
};

Metrics::Metrics() : counts_(std::make_unique<Counts>()) {}
Metrics::~Metrics() = default;

void Metrics::request(std::optional<std::size_t> route, int status, std::chrono::microseconds elapsed) {
  counts_->requests.note(route.value_or(routes().size()), status, elapsed);
}

void Metrics::refused(Code why) {
  const auto at = std::ranges::find(refusal_codes, why);
  if (at != refusal_codes.end()) ++counts_->refusals[static_cast<std::size_t>(at - refusal_codes.begin())];
}

std::string Metrics::render(const MetricsSnapshot& snapshot) const {
  Exposition out;
  add_requests(out, counts_->requests);
  Family refusals = out["waypost_auth_refusals_total"];
  for (std::size_t i = 0; i < refusal_codes.size(); ++i)
    refusals.add({{"reason", std::string(describe(refusal_codes[i]).name)}}, counts_->refusals[i].load());
  add_connections(out, snapshot.connections);
  add_jobs(out, snapshot.stats);
  add_store(out, snapshot);
  add_webhooks(out, snapshot);
  add_gazetteer(out, snapshot.gazetteer);
  add_logs(out);
  add_traces(out, snapshot.traces);
  add_process(out, snapshot.process);
  return out.text();
}

}  // namespace waypost::api
