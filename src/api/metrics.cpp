#include "waypost/api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/request_figures.hpp"
#include "api/router.hpp"

namespace waypost::api {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

Histogram::BucketBoundaries request_buckets() {
  Histogram::BucketBoundaries seconds;
  for (const std::int64_t us : RequestFigures::bounds_us) seconds.push_back(static_cast<double>(us) / 1e6);
  return seconds;
}
const Histogram::BucketBoundaries wait_buckets{0.001, 0.005, 0.01, 0.05, 0.1,  0.5,  1,
                                               5,     10,    60,   300,  1800, 3600, 86400};

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t open_descriptors() {
  std::error_code ignored;
  return static_cast<std::uint64_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd", ignored), {}));
}

/// A counter that follows a figure kept elsewhere.
void follow(Counter& counter, double value) {
  if (value > counter.Value()) counter.Increment(value - counter.Value());
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex rendering;

  /// What is shown of one route, and what of its figures is in there already.
  struct RouteMetrics {
    std::array<Counter*, 5> by_class{};
    Histogram* duration = nullptr;
    RequestFigures::Sum shown;

    void show(const RequestFigures::Sum& sum) {
      std::vector<double> added(sum.by_duration.size());
      for (std::size_t i = 0; i < added.size(); ++i)
        added[i] = static_cast<double>(sum.by_duration[i] - shown.by_duration[i]);
      duration->ObserveMultiple(added, static_cast<double>(sum.microseconds - shown.microseconds) / 1e6);
      for (std::size_t i = 0; i < by_class.size(); ++i)
        by_class[i]->Increment(static_cast<double>(sum.by_class[i] - shown.by_class[i]));
      shown = sum;
    }
  };
  std::vector<RouteMetrics> routes_;  ///< and last what has none
  RequestFigures request_figures{routes().size() + 1};

  Family<Counter>& counters(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Family<Gauge>& gauges(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }

  Family<Counter>& requests =
      counters("waypost_http_requests_total", "HTTP responses, by route and class of status.");
  Family<Histogram>& durations = prometheus::BuildHistogram()
                                     .Name("waypost_http_request_duration_seconds")
                                     .Help("From the complete request head to the last byte of the response.")
                                     .Register(registry);
  Family<Gauge>& jobs = gauges("waypost_jobs", "Jobs in the store, by queue and state.");
  Gauge& oldest =
      gauges("waypost_jobs_oldest_queued_seconds", "How long the job that has waited longest is ready.")
          .Add({});
  Family<Counter>& ended = counters("waypost_jobs_ended_total", "Jobs that reached a terminal state.");
  std::array<Counter*, job::state_count> ended_by_state{};
  Counter& submitted = counters("waypost_jobs_submitted_total", "Jobs accepted.").Add({});
  Counter& retried =
      counters("waypost_job_retries_total", "Attempts that failed and are followed by another.").Add({});
  Counter& lost =
      counters("waypost_job_leases_lost_total", "Running jobs that went back to their queue.").Add({});
  Histogram& waits = prometheus::BuildHistogram()
                         .Name("waypost_job_wait_seconds")
                         .Help("From ready to leased.")
                         .Register(registry)
                         .Add({}, wait_buckets);
  Counter& commits = counters("waypost_store_commits_total", "Transactions committed.").Add({});
  Counter& operations = counters("waypost_store_operations_total", "Writes in those transactions.").Add({});
  Counter& commit_seconds =
      counters("waypost_store_commit_seconds_total", "Time spent in transactions, with their fsync.").Add({});
  Gauge& wal = gauges("waypost_store_wal_bytes", "Length of the write-ahead log in use.").Add({});
  Gauge& queued_writes =
      gauges("waypost_store_queued_operations", "Writes that wait for the next commit.").Add({});
  Gauge& pending = gauges("waypost_webhook_deliveries_pending", "Webhooks owed.").Add({});
  Family<Counter>& deliveries =
      counters("waypost_webhook_attempts_total", "Attempts at webhooks, by outcome.");
  Counter& delivered = deliveries.Add({{"outcome", "delivered"}});
  Counter& delivery_retried = deliveries.Add({{"outcome", "retried"}});
  Counter& gave_up = deliveries.Add({{"outcome", "gave_up"}});
  Family<Gauge>& endpoints =
      gauges("waypost_webhook_endpoints", "Webhook endpoints, by whether they are told.");
  Gauge& enabled_endpoints = endpoints.Add({{"state", "enabled"}});
  Gauge& disabled_endpoints = endpoints.Add({{"state", "disabled"}});
  Gauge& circuits = gauges("waypost_webhook_circuits_open", "Endpoints left alone for a while.").Add({});
  Family<Counter>& disabled = counters("waypost_webhook_endpoints_disabled_total",
                                       "Endpoints that were disabled because of how they answered.");
  Counter& disabled_gone = disabled.Add({{"reason", "gone"}});
  Counter& disabled_failing = disabled.Add({{"reason", "failing"}});
  Counter& egress =
      counters("waypost_egress_refused_total", "Requests to addresses that the egress guard forbids.")
          .Add({});
  Gauge& places = gauges("waypost_gazetteer_places", "Places in the gazetteer that answers.").Add({});
  Gauge& memory = gauges("process_resident_memory_bytes", "Resident memory size in bytes.").Add({});
  Counter& cpu =
      counters("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.").Add({});
  Gauge& descriptors = gauges("process_open_fds", "Number of open file descriptors.").Add({});
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  constexpr std::array classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
  const auto add = [this, &classes](const std::string& method, const std::string& path) {
    Impl::RouteMetrics route;
    for (std::size_t i = 0; i < classes.size(); ++i)
      route.by_class[i] = &impl_->requests.Add({{"method", method}, {"route", path}, {"status", classes[i]}});
    route.duration = &impl_->durations.Add({{"method", method}, {"route", path}}, request_buckets());
    impl_->routes_.push_back(route);
  };
  for (const Route& route : routes()) add(std::string(route.method), std::string(route.path));
  add("", "none");
  for (std::size_t i = 0; i < job::state_count; ++i)
    if (const auto state = static_cast<job::State>(i); job::is_terminal(state))
      impl_->ended_by_state[i] = &impl_->ended.Add({{"state", std::string(job::to_string(state))}});
  impl_->gauges("waypost_build_info", "A constant 1, labelled with the version.")
      .Add({{"version", WAYPOST_VERSION}})
      .Set(1);
  impl_->gauges("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
      .Add({})
      .Set(static_cast<double>(
          std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch()).count()));
}

Metrics::~Metrics() = default;

void Metrics::request(std::optional<std::size_t> route, int status, std::chrono::microseconds elapsed) {
  impl_->request_figures.note(route.value_or(routes().size()), status, elapsed);
}

void Metrics::changed(const store::Change& change) {
  using enum job::State;
  if (change.forgotten) return;
  if (!change.before)
    impl_->submitted.Increment();
  else if (*change.before == queued && change.after == running)
    impl_->waits.Observe(static_cast<double>(change.waited.count()) / 1000);
  else if (*change.before == running && change.after == scheduled)
    impl_->retried.Increment();
  else if (*change.before == running && change.after == queued)
    impl_->lost.Increment();
  if (job::is_terminal(change.after) && change.before != change.after)
    impl_->ended_by_state[static_cast<std::size_t>(change.after)]->Increment();
}

std::string Metrics::render(const MetricsSnapshot& snapshot) {
  const std::scoped_lock lock(impl_->rendering);
  Impl& m = *impl_;
  for (std::size_t i = 0; i < m.routes_.size(); ++i) m.routes_[i].show(m.request_figures.sum(i));
  double oldest = 0;
  for (const auto& queue : snapshot.stats.queues) {
    for (std::size_t i = 0; i < job::state_count; ++i) {
      const auto state = static_cast<job::State>(i);
      const auto count = queue.by_state.find(state);
      m.jobs.Add({{"queue", queue.name}, {"state", std::string(job::to_string(state))}})
          .Set(count == queue.by_state.end() ? 0 : static_cast<double>(count->second));
    }
    oldest = std::max(oldest, queue.oldest_queued_seconds.value_or(0));
  }
  m.oldest.Set(oldest);
  follow(m.commits, static_cast<double>(snapshot.store.commits));
  follow(m.operations, static_cast<double>(snapshot.store.operations));
  follow(m.commit_seconds, snapshot.store.commit_seconds);
  m.wal.Set(static_cast<double>(snapshot.store.wal_bytes));
  m.queued_writes.Set(static_cast<double>(snapshot.store.queued_operations));
  m.pending.Set(static_cast<double>(snapshot.deliveries_pending));
  follow(m.delivered, static_cast<double>(snapshot.deliveries_delivered));
  follow(m.delivery_retried, static_cast<double>(snapshot.deliveries_retried));
  follow(m.gave_up, static_cast<double>(snapshot.deliveries_gave_up));
  m.enabled_endpoints.Set(static_cast<double>(snapshot.endpoints - snapshot.endpoints_disabled));
  m.disabled_endpoints.Set(static_cast<double>(snapshot.endpoints_disabled));
  m.circuits.Set(static_cast<double>(snapshot.circuits_open));
  follow(m.disabled_gone, static_cast<double>(snapshot.disabled_gone));
  follow(m.disabled_failing, static_cast<double>(snapshot.disabled_failing));
  follow(m.egress, static_cast<double>(snapshot.egress_refused));
  m.places.Set(static_cast<double>(snapshot.gazetteer_places));
  m.memory.Set(static_cast<double>(resident_bytes()));
  follow(m.cpu, cpu_seconds());
  m.descriptors.Set(static_cast<double>(open_descriptors()));
  return prometheus::TextSerializer().Serialize(m.registry.Collect());
}

}  // namespace waypost::api
