#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "waypost/base/histogram.hpp"
#include "waypost/job/job.hpp"
#include "waypost/job/ready_ages.hpp"
#include "waypost/job/rules.hpp"
#include "waypost/store/owned_id.hpp"
#include "waypost/store/reply.hpp"

/// Where jobs live: an asynchronous interface in the domain's words. One conformance suite runs on each back
/// end.
namespace waypost::store {

/// A webhook that is owed, as the outbox keeps it.
struct Delivery {
  Ulid id;     ///< "dlv_…": of one event to one receiver
  Ulid event;  ///< "evt_…": what every attempt sends as its `webhook-id`
  Ulid job;
  Tenant tenant = default_tenant;
  std::int64_t endpoint = 0;  ///< its sequence; 0 for the job's own webhook, and only that has:
  std::string url;
  std::string secret;  ///< "" for the service's own
  std::string body;
  std::string traceparent;
  std::string tracestate;
  int attempts = 0;  ///< made so far
  Time created_at{};
  Time next_at{};  ///< when to try next
};

/// How one attempt at a delivery went.
struct Settlement {
  Ulid delivery;
  std::int64_t endpoint = 0;  ///< that of the delivery
  /// `postpone`: there was no attempt, and none is counted; it is only put off.
  enum class Kind { delivered, retry, gave_up, postpone } kind = Kind::delivered;
  Time at{};           ///< when the attempt ended
  Time next_at{};      ///< of a retry, or put off until
  int status = 0;      ///< HTTP status, 0 when there was none
  std::string detail;  ///< of the attempt, one line with a JSON object; kept of an endpoint's
};

/// A job changed; what everyone who waits for jobs is told, in the order of the commits.
struct Change {
  Ulid ulid;
  Tenant tenant = default_tenant;
  std::optional<job::State> before;  ///< nothing for a new job
  job::State after = job::State::queued;
  bool forgotten = false;  ///< deleted; `after` is its last state
  std::string type;
  std::string queue;
  std::string concurrency_group;  ///< job::concurrency_group
  std::int64_t priority = 0;
  std::int64_t priority_before = 0;  ///< of what was there before
  std::int64_t version = 0;
  std::int64_t fence = 0;
  std::optional<Time> wake_at;
  Time at{};                                  ///< since when it is what it is
  Time before_at{};                           ///< and since when it was what it was before
  std::optional<job::Attempt> ended_attempt;  ///< the attempt that this ended
  /// The job, when its spans are told of and this ended one: an attempt, or itself.
  std::unique_ptr<const job::Job> traced{};
  std::string manifest;              ///< of a batch
  bool told = false;                 ///< an event was added to the job's history
  std::vector<Delivery> deliveries;  ///< owed since this change, and due
};

/// Remembers the answer to a request under its Idempotency-Key.
struct IdempotencyKey {
  std::string key;
  std::string fingerprint;  ///< of the request: same key and another fingerprint is refused
  bool held = false;  ///< the answer follows by `put_answer` (the client waits); until then others get 409
  Tenant tenant = default_tenant;  ///< whose key it is
};
struct StoredAnswer {
  int status = 0;
  std::string body;
  std::string location;
};

/// A write under an Idempotency-Key, and the answer that is kept for it.
struct Keyed {
  std::optional<IdempotencyKey> key;
  StoredAnswer answer;
};

struct Submission {
  job::Job job;
  std::optional<IdempotencyKey> idempotency;
  StoredAnswer answer;  ///< kept under the key
};
struct Submitted {
  bool replayed = false;
  bool existing = false;  ///< another job holds the unique key and stands for this one
  Ulid job;               ///< the one that stands for the submission, unless it was replayed
  /// When it is not the submission's own: the first one, when replayed; else of the job as it is.
  std::optional<StoredAnswer> answer;
};

/// What came of a chunk of a batch so far.
struct ChunkRecord {
  std::int64_t number = 0;
  std::int64_t rows = 0;  ///< that were run
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;         ///< for good
  std::int64_t waiting = 0;        ///< failed, and to be tried again
  std::int64_t report_offset = 0;  ///< in the job's report file
  std::int64_t report_length = 0;
  std::int64_t index_length = 0;  ///< of what lies behind the rows' text there: the state of each
  int run = 1;                    ///< of the job, in which this was recorded
  bool open = false;              ///< rows of that run are still to be run
};

struct ListQuery {
  job::Filter filter;
  bool ascending = false;             ///< by age, oldest first
  std::optional<std::int64_t> after;  ///< sequence of the last job of the page before
  std::size_t limit = 50;
  std::size_t max_bytes = 8 << 20;  ///< of payloads and results: a page of large ones ends early
};
struct ListPage {
  std::vector<job::Job> jobs;
  std::optional<std::int64_t> next;
};

/// Where a queued job stands in its queue.
struct ReadyJob {
  Ulid ulid;
  std::string type;
  std::string concurrency_group;
  std::int64_t priority = 0;
};
struct ReadyQuery {
  std::string queue;
  std::optional<std::pair<std::int64_t, std::int64_t>>
      after;                                     ///< priority and sequence of the last one known
  std::optional<std::string> concurrency_group;  ///< of this one only
  std::size_t limit = 1000;
};

/// A job, and what stands before it.
struct Standing {
  job::Job job;
  std::int64_t ahead = 0;       ///< of a queued one: queued jobs of its queue that run before it
  std::vector<Ulid> waits_for;  ///< jobs it depends on that have not ended: the first hundred
};

/// Counts by tenant, queue and state, and since when those wait that are ready: all that `stats` shows.
struct Census {
  std::map<Tenant, std::map<std::string, std::map<job::State, std::int64_t>>> jobs;
  std::map<std::string, job::ReadyAges> ready;  ///< by queue
};

/// The webhooks that are owed to all receivers together, or to those of one tenant.
struct Backlog {
  std::int64_t deliveries = 0;
  std::optional<Time> oldest;  ///< when the oldest of them came to be owed
};

/// What `tick` did and when it wants to be called again.
struct Tick {
  std::size_t done = 0;   ///< jobs that were woken
  std::size_t swept = 0;  ///< jobs that were deleted: their retention is over
  std::optional<Time> next;
};

/// For metrics.
struct StoreFigures {
  Histogram commit_microseconds{microseconds_scale};  ///< transactions, with their sync
  Histogram commit_operations{batch_scale};           ///< writes in each
  std::uint64_t wal_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< of its disk, for others than root
  bool takes_new_work = true;    ///< not near a full disk
  std::size_t queued_operations = 0;
};

/// All functions may be called from any thread and return at once; `reply` follows. A write is answered after
/// it is durable, and then visible to every read that starts later. Failures: Code::overloaded when too much
/// waits to be written, Code::insufficient_storage when the disk is nearly full, Code::internal when the
/// store is broken: from the first failed commit on, every write fails and `healthy()` is false.
class JobStore {
 public:
  using Observer = std::function<void(std::vector<Change>&&)>;
  virtual ~JobStore() = default;

  /// Must be set before the first write. Called on the writer's thread after each commit, before its replies.
  virtual void observe(Observer observer) = 0;

  /// Accepts a job. Code::unknown_job when its tenant has none that it depends on; Code::duplicate_job when
  /// another that has not ended holds its unique key, and what it asks for then is not possible.
  virtual void submit(Submission submission, Reply<Submitted> reply) = 0;
  virtual void put_answer(IdempotencyKey key, StoredAnswer answer, Reply<void> reply) = 0;
  /// Applies a command (job::decide) to the stored job, and tells those that depend on it when it ends: some
  /// in the same transaction, a crowd in steps of `tick`. Code::not_found when there is no such job,
  /// Code::duplicate_job when it is to run again and its unique key is another's by now.
  virtual void change(OwnedId id, job::Command command, Reply<job::Decision> reply) = 0;
  /// Records a chunk together with its job::Advance, in place of what was recorded of it before.
  /// Code::conflict when that was all there is to do in this run.
  virtual void record_chunk(Ulid id, ChunkRecord chunk, std::int64_t fence, Reply<job::Decision> reply) = 0;
  /// Records chunks that were not run, of a terminal job, for its report; those known already stay.
  /// Code::not_found when there is no such job, Code::conflict when it is not terminal.
  virtual void record_rest(Ulid id, std::vector<ChunkRecord> chunks, Reply<void> reply) = 0;
  /// Applies job::Wake to the jobs whose time has come, at most `limit`, and to a few of those whose
  /// retention is over: as many as delay other writes by a few milliseconds. Drops old idempotency keys. A
  /// job that is forgotten takes all of its own along but the deliveries that are still owed.
  virtual void tick(Time now, std::size_t limit, Reply<Tick> reply) = 0;
  virtual void settle(Settlement settlement, Reply<std::optional<Delivery>> reply) = 0;

  virtual void get(OwnedId id, Reply<job::Job> reply) = 0;
  virtual void list(ListQuery query, Reply<ListPage> reply) = 0;
  virtual void attempts(Ulid id, Reply<std::vector<job::Attempt>> reply) = 0;
  virtual void chunks(Ulid id, Reply<std::vector<ChunkRecord>> reply) = 0;
  /// Queued jobs in the order in which they run.
  virtual void ready(ReadyQuery query, Reply<std::vector<ReadyJob>> reply) = 0;
  /// Deliveries due by `now`, soonest first, and after them the time of the next one.
  struct DueQuery {
    Time now{};
    std::size_t limit = 1000;
    std::size_t max_bytes = SIZE_MAX;  ///< of the bodies; a first one is answered whatever its size
    std::vector<std::int64_t> known;   ///< sequences of deliveries to leave out, ascending
  };
  struct Due {
    std::vector<Delivery> deliveries;
    bool more = false;         ///< others are due that the query's bounds left out
    std::optional<Time> next;  ///< when the first of those that are not due yet will be
  };
  virtual void due_deliveries(DueQuery query, Reply<Due> reply) = 0;
  void due_deliveries(Time now, std::size_t limit, Reply<Due> reply) {
    due_deliveries(DueQuery{.now = now, .limit = limit}, std::move(reply));
  }
  /// Counts what is owed, by one tenant or by all: some 50 ns each.
  virtual void backlog(std::optional<Tenant> tenant, Reply<Backlog> reply) = 0;
  /// Code::not_found when there is no such job.
  virtual void standing(OwnedId id, Reply<Standing> reply) = 0;
  virtual void census(Reply<Census> reply) = 0;

  virtual bool healthy() const = 0;
  /// Asks the file system: not on a thread that must not wait.
  virtual StoreFigures figures() const = 0;
};

}  // namespace waypost::store
