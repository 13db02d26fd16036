#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/id.hpp"
#include "waypost/base/time.hpp"
#include "waypost/job/state.hpp"

/// The job itself: values, no behaviour that waits.
namespace waypost::job {

inline constexpr std::string_view id_prefix = "job_";
inline constexpr std::string_view manifest_prefix = "man_";
inline constexpr std::string_view event_id_prefix = "evt_";
/// A result longer than this is shown by link only.
inline constexpr std::size_t max_inline_result = 64 * 1024;

/// What a job's history and its webhooks tell (§4 of the contract).
enum class Notice : std::uint8_t {
  started,
  progress,
  retrying,
  awaiting_confirmation,
  paused,
  succeeded,
  partial,
  failed,
  cancelled,
};
/// "job.succeeded" and so on.
std::string_view to_string(Notice notice);
std::optional<Notice> parse_notice(std::string_view text);
/// The four terminal ones.
std::vector<Notice> default_notices();

struct Backoff {
  double initial_seconds = 1;
  double factor = 2;
  double max_seconds = 3600;
  bool jitter = true;
  bool operator==(const Backoff&) const = default;
};

struct Webhook {
  std::string url;
  std::vector<Notice> events = default_notices();
  std::string secret;  ///< "whsec_…"; "" for the service's own
  bool thin = false;
  bool operator==(const Webhook&) const = default;
};

/// Where the rows of a batch are fetched from while it is `preparing`.
struct ManifestSource {
  std::string url;
  std::string etag;  ///< SHA-256 of the bytes, lower-case hex; "" when the client does not know
  bool operator==(const ManifestSource&) const = default;
};

/// When too many rows of a batch have failed.
struct FailureThreshold {
  double ratio = 0.5;                       ///< of the rows that have ended: more than this are too many
  std::optional<std::int64_t> after_tasks;  ///< not judged before so many have; none: 1000, or all
  bool pause = false;                       ///< past it the batch pauses, instead of failing
  bool operator==(const FailureThreshold&) const = default;
};

/// What a batch runs over, and how it reports.
struct Batch {
  std::string manifest;  ///< id, "man_…"
  std::optional<ManifestSource> source;
  std::int64_t rows = 0;
  std::int64_t chunks = 0;
  std::int64_t stride = 1;  ///< entries of the manifest's index that make one chunk
  std::string map = "{}";   ///< JSON object: field → template
  std::string report_scope = "all";
  std::string report_format = "csv";  ///< "" until the manifest is known
  std::optional<FailureThreshold> threshold;
  std::int64_t canary = 0;  ///< rows that run before a person is asked; 0 for none
  bool operator==(const Batch&) const = default;
};

/// Where a batch stands, beside its progress.
struct BatchState {
  int run = 1;                   ///< rises with each manual retry
  bool failed_only = false;      ///< the present run is of rows that failed before, and of no others
  bool canary_done = false;      ///< its first rows have run, and a person was asked
  std::int64_t waiting = 0;      ///< rows that failed and will be tried again: counted nowhere else
  Milliseconds active{0};        ///< what the ended attempts of this run took
  std::int64_t done_before = 0;  ///< rows that had ended when this run began
  // The rows that had ended when the failure threshold paused the batch: judged, and not again.
  std::int64_t judged = 0;
  std::int64_t judged_failed = 0;
  bool operator==(const BatchState&) const = default;
};

/// What was asked for; validated, and from then on unchanged.
/// What becomes of a job when one that it depends on ends other than `succeeded`.
enum class DependencyPolicy : std::uint8_t { fail, run };
std::string_view to_string(DependencyPolicy policy);
std::optional<DependencyPolicy> parse_dependency_policy(std::string_view text);

/// What a submission wants when another job that has not ended holds its key.
enum class OnConflict : std::uint8_t { return_existing, reject, replace };
std::string_view to_string(OnConflict choice);
std::optional<OnConflict> parse_on_conflict(std::string_view text);

/// At most one job of a key is alive.
struct Unique {
  std::string key;
  OnConflict on_conflict = OnConflict::return_existing;
  bool operator==(const Unique&) const = default;
};

/// What was asked for; validated. Only Amend changes it, and a manual retry that drops a past `expires_at`.
struct Spec {
  std::string type;
  std::string queue = "default";
  std::int64_t priority = 0;
  std::optional<Time> run_at;
  std::optional<Time> expires_at;
  int max_attempts = 5;
  Backoff backoff;
  Seconds timeout{60};
  std::optional<Seconds> total_timeout;
  std::optional<Webhook> webhook;
  std::map<std::string, std::string> tags;
  std::optional<std::string> description;
  Seconds retain{604800};
  std::string traceparent;       ///< W3C Trace Context of the request that made it; "" for none
  std::string tracestate;        ///< that goes with it
  bool traced = false;           ///< its spans are told of (job_trace.hpp)
  std::vector<Ulid> depends_on;  ///< each once
  DependencyPolicy on_dependency_failure = DependencyPolicy::fail;
  std::optional<Unique> unique;
  std::string concurrency_key;  ///< "" for none
  bool confirmation_required = false;
  std::optional<Batch> batch;
  bool operator==(const Spec&) const = default;
};

struct JobError {
  std::string code;
  std::string message;
  int attempt = 0;
  Time at{};
};

struct Progress {
  std::int64_t total = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
};

/// A job as the store keeps it.
struct Job {
  Ulid ulid;
  Spec spec;
  std::string payload = "{}";  ///< JSON, byte for byte as it came
  State state = State::queued;
  std::string reason;          ///< why it is in this state, in a sentence; "" when that is plain
  std::int64_t version = 1;    ///< rises with every change; the entity tag and the sequence of its events
  std::int64_t fence = 0;      ///< rises with every lease; an answer under another one is refused
  int attempt = 0;             ///< the latest attempt, over all runs
  int run_base = 0;            ///< attempts made before the present run (a manual retry starts a new run)
  std::int64_t waits_for = 0;  ///< jobs it depends on that have not ended
  int lost_in_a_row = 0;       ///< attempts that ended with their worker, without progress in between
  Time created_at{};
  Time updated_at{};
  std::optional<Time> run_at;      ///< when it becomes ready: of a scheduled one, and of one that will be
  std::optional<Time> started_at;  ///< of the present run
  std::optional<Time> attempt_started_at;  ///< of the latest attempt
  std::optional<Time> finished_at;
  std::optional<JobError> error;
  Progress progress;
  BatchState batch;    ///< of a batch
  std::string result;  ///< bytes of `result_type`; meaningful when `has_result`
  std::string result_type;
  bool has_result = false;

  std::string id() const { return format_id(id_prefix, ulid); }
};

/// Whether a manifest came with its job, and goes with it: both bear one ULID then.
inline bool owns_manifest(const Ulid& job, std::string_view manifest) {
  return parse_id(manifest_prefix, manifest) == job;
}

enum class Outcome : std::uint8_t { succeeded, failed, timed_out, worker_lost, cancelled, interrupted };
std::string_view to_string(Outcome outcome);

/// An attempt that ended.
struct Attempt {
  int number = 0;
  Time started_at{};
  Time finished_at{};
  std::string worker;
  Outcome outcome = Outcome::succeeded;
  std::optional<JobError> error;
};

/// One event of a job's history: what happened, and what the job was then.
struct PastEvent {
  Ulid ulid;                  ///< "evt_…"; a webhook that is told of it has the same one
  std::int64_t sequence = 0;  ///< the job's version then: rises strictly from event to event
  Notice notice = Notice::started;
  Time at{};
  State state = State::queued;
  int attempt = 0;
  Progress progress;
  std::string reason;
  std::optional<JobError> error;
};

/// A part of a job's history, and what the job is now.
struct History {
  std::string type;
  State state = State::queued;
  std::optional<Time> started_at;
  std::vector<PastEvent> events;  ///< by sequence
};

/// Which jobs are meant: those that each condition holds of; an empty one is none.
struct Filter {
  std::vector<State> states;
  std::vector<std::string> types;
  std::vector<std::string> queues;
  std::map<std::string, std::string> tags;
  std::optional<Time> created_after;   ///< inclusive
  std::optional<Time> created_before;  ///< exclusive
  bool operator==(const Filter&) const = default;
};
bool matches(const Filter& filter, const Job& job);

/// What the sequence of every job's ULID is at least that was made at this time or later.
std::int64_t first_sequence(Time created_at);

}  // namespace waypost::job
