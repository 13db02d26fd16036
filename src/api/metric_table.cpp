#include "api/metric_table.hpp"

namespace waypost::api {
namespace {

using enum prometheus::MetricType;

// Names and base units as Prometheus advises. No label's values are up to clients without a bound: routes are
// those of the table of routes, types and queues beyond 200 are taken together as "(other)".
constexpr MetricRow table[] = {
    {"waypost_http_requests_total", Counter, "method route code",
     "Responses, by method, route template and status code."},
    {"waypost_http_request_duration_seconds", Histogram, "method route",
     "From the complete request head to the last byte of the response."},
    {"waypost_http_requests_in_flight", Gauge, "", "Requests whose response is not yet written."},
    {"waypost_http_connections", Gauge, "", "Connections that are open."},
    {"waypost_http_connections_cut_total", Counter, "reason",
     "Connections that the server ended: turned away, as many are open as may be in total or of one address; "
     "too slow with TLS, a head or a body, or in taking a response; idle for too long."},
    {"waypost_auth_refusals_total", Counter, "reason",
     "Requests refused for who made them: unauthenticated, forbidden or rate_limited."},

    {"waypost_jobs", Gauge, "queue state", "Jobs in the store, by queue and state."},
    {"waypost_queue_oldest_ready_age_seconds", Gauge, "queue",
     "How long the job that waits longest is ready; 0 when none is."},
    {"waypost_queue_paused", Gauge, "queue",
     "1 while the queue starts nothing: it is paused, or its concurrency is 0."},
    {"waypost_jobs_submitted_total", Counter, "type", "Jobs accepted."},
    {"waypost_jobs_ended_total", Counter, "type state", "Jobs that reached a terminal state."},
    {"waypost_job_wait_seconds", Histogram, "type", "From ready to leased."},
    {"waypost_job_attempt_duration_seconds", Histogram, "type", "From leased to the end of the attempt."},
    {"waypost_job_attempts_total", Counter, "type outcome", "Attempts that ended, by outcome."},
    {"waypost_job_retries_total", Counter, "type", "Attempts that failed and are followed by another."},
    {"waypost_job_leases_lost_total", Counter, "", "Attempts that ended with their worker."},

    {"waypost_store_healthy", Gauge, "", "1 while the store takes writes; 0 after a commit failed."},
    {"waypost_store_commit_duration_seconds", Histogram, "", "Transactions, with their fsync."},
    {"waypost_store_commit_operations", Histogram, "", "Writes that one transaction carried."},
    {"waypost_store_queued_operations", Gauge, "", "Writes that wait for the next transaction."},
    {"waypost_store_wal_bytes", Gauge, "", "Length of the write-ahead log in use."},
    {"waypost_store_file_bytes", Gauge, "", "Size of the database file."},
    {"waypost_store_free_bytes", Gauge, "", "Free space on the disk of the database."},

    {"waypost_webhook_backlog", Gauge, "", "Deliveries that are owed, due or not."},
    {"waypost_webhook_oldest_age_seconds", Gauge, "", "How long the oldest of them is owed; 0 when none is."},
    {"waypost_webhook_attempts_in_flight", Gauge, "", "Attempts under way."},
    {"waypost_webhook_attempts_total", Counter, "outcome",
     "Attempts that ended: delivered, retried later, or given up."},
    {"waypost_webhook_attempt_duration_seconds", Histogram, "", "From signing to the end of the reply."},
    {"waypost_webhook_endpoints", Gauge, "state", "Webhook endpoints, by whether they are told."},
    {"waypost_webhook_circuits_open", Gauge, "", "Endpoints left alone for a while because they fail."},
    {"waypost_webhook_endpoints_disabled_total", Counter, "reason",
     "Endpoints that were disabled because of how they answered."},
    {"waypost_egress_refused_total", Counter, "reason",
     "Addresses that the egress guard refused: denied, private or forbidden."},

    {"waypost_gazetteer_places", Gauge, "", "Places in the gazetteer that answers, streets among them."},
    {"waypost_gazetteer_houses", Gauge, "", "Addresses in it."},
    {"waypost_gazetteer_file_bytes", Gauge, "", "Size of its index."},
    {"waypost_gazetteer_source_rows", Gauge, "source", "Rows of a source that are in it."},
    {"waypost_gazetteer_source_info", Gauge, "source kind version", "1 for each source."},
    {"waypost_gazetteer_lookups_total", Counter, "kind outcome",
     "Lookups by requests and by jobs: found or nothing."},

    {"waypost_log_lines_total", Counter, "level", "Log lines, those that were taken together counted each."},
    {"waypost_log_dropped_total", Counter, "", "Log lines that were not written, as too many waited."},

    {"waypost_trace_spans_total", Counter, "outcome",
     "Spans that ended and were sampled: exported, dropped as too many waited, or failed to be exported."},

    {"waypost_build_info", Gauge, "version compiler", "A constant 1, labelled with what runs."},
    {"process_cpu_seconds_total", Counter, "", "Total user and system CPU time spent in seconds."},
    {"process_resident_memory_bytes", Gauge, "", "Resident memory size in bytes."},
    {"process_virtual_memory_bytes", Gauge, "", "Virtual memory size in bytes."},
    {"process_open_fds", Gauge, "", "Number of open file descriptors."},
    {"process_max_fds", Gauge, "", "Maximum number of open file descriptors."},
    {"process_start_time_seconds", Gauge, "", "Start time of the process since unix epoch in seconds."},
    {"process_threads", Gauge, "", "Number of operating system threads in the process."},
};

}  // namespace

std::span<const MetricRow> metric_table() {
  return table;
}

}  // namespace waypost::api
