#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "waypost/base/asio.hpp"
#include "waypost/base/error.hpp"
#include "waypost/base/json.hpp"
#include "waypost/net/client.hpp"

/// What a job can do. An operation knows nothing of queues or the store.
namespace waypost::operation {

struct Success {
  std::string body;  ///< JSON, unless content_type says otherwise
  std::string content_type = "application/json";
};

struct Failure {
  std::string code;     ///< stable: http_status, timed_out, response_too_large, …
  std::string message;  ///< for the user
  bool retry = true;    ///< whether another attempt may help
  std::optional<std::chrono::seconds> retry_after;
};

using Outcome = std::variant<Success, Failure>;

/// One attempt at one job or row.
struct Task {
  std::string_view payload;  ///< JSON that passed `Operation::check`
  std::string_view job_id;
  std::uint64_t row = 0;  ///< of a batch, from 1; 0 for a plain job
  int attempt = 1;
  std::chrono::milliseconds timeout{60000};
  std::string_view traceparent;  ///< "" for none
  std::string_view tracestate;   ///< that goes with it
};

/// Whether whoever runs an attempt wants it ended. Any thread.
class Cancellation {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_ = false;
};

/// What holds for a job that does not say.
struct Defaults {
  std::optional<std::chrono::seconds> timeout;
  std::optional<int> max_attempts;
};

class Operation {
 public:
  virtual ~Operation() = default;
  virtual std::string_view type() const = 0;  ///< "geocode"
  virtual std::string_view kind() const { return "builtin"; }
  virtual std::string_view description() const = 0;  ///< one sentence
  virtual std::string_view schema() const = 0;       ///< JSON Schema (2020-12) of the payload, as JSON
  /// Notes every fault of a payload, at pointers that start with `pointer`. Any thread.
  virtual void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const = 0;
  /// The URL that a job with this payload will call, if any, and where in the payload it stands: its address
  /// is judged when the job is accepted. Only of payloads that passed `check`. Any thread.
  struct Target {
    std::string url;
    std::string_view field;
  };
  virtual std::optional<Target> target(json::Value) const { return {}; }
  virtual Defaults defaults() const { return {}; }
  /// Calls that may run at once, of jobs and of rows of batches together; none: no limit of its own.
  virtual std::optional<std::uint32_t> concurrency() const { return {}; }
};

/// The fields of one row of a batch as texts: `values[i]` is that of the field `names[i]`, "" when the row
/// has none.
struct RowFields {
  std::span<const std::string_view> names;
  std::span<const std::string_view> values;
};

/// The fast path of a batch: one row in, its result columns out, without JSON between.
class RowOperation {
 public:
  virtual ~RowOperation() = default;
  /// Names of the report's columns that hold a result.
  virtual std::span<const std::string_view> result_columns() const = 0;
  /// Fills `columns` (one value per result column; what it held before is reused) and, when `want_json`,
  /// `json` with the result as `Success::body` would have it. A failure is that row's alone. Any thread, many
  /// at once.
  virtual std::optional<Failure> run_row(const RowFields& row, bool want_json,
                                         std::vector<std::string>& columns, std::string& json) const = 0;
};

/// Burns CPU: runs on a worker thread, many at once.
class ComputeOperation : public Operation {
 public:
  virtual Outcome run(const Task& task, const Cancellation& cancellation) const = 0;
  /// The fast path over rows, when there is one; lives as long as the operation.
  virtual const RowOperation* rows() const { return nullptr; }
};

/// Waits for the network or a timer: runs as a coroutine on an io thread. `io` is that thread's.
struct IoContext {
  asio::io_context& context;
  net::Client& client;
};
class WaitingOperation : public Operation {
 public:
  virtual asio::awaitable<Outcome> run(const Task& task, IoContext io, net::Abort& abort) const = 0;
  /// How many rows of one batch run at once.
  virtual std::size_t rows_at_once() const { return 128; }
};

/// The operations by type. Those of the operator's own come and go while it runs: whoever works with one
/// keeps it alive. Of several with one type the built-in one counts, else that of the configuration, else the
/// one that was defined while running. Any thread.
class Registry {
 public:
  using Pointer = std::shared_ptr<const Operation>;
  /// One that is built in. Throws std::logic_error when there is one of its type.
  void add(Pointer operation);
  /// Those of the configuration, in place of all that it had before.
  void configure(std::vector<Pointer> operations);
  /// One that was defined while running, in place of the one before.
  void put(Pointer operation);
  /// Forgets what was `put`.
  void remove(std::string_view type);

  /// nullptr when there is none.
  Pointer find(std::string_view type) const;
  /// Whether `put` and `remove` do not touch what counts.
  bool is_fixed(std::string_view type) const;
  /// In order of type.
  std::vector<Pointer> all() const;

 private:
  struct Entry {
    Pointer built_in{}, configured{}, defined{};
    bool is_fixed() const { return built_in || configured; }
    const Pointer& current() const { return built_in ? built_in : configured ? configured : defined; }
  };
  void forget_empty();
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> operations_;
};

}  // namespace waypost::operation
