#pragma once

#include <map>
#include <mutex>
#include <random>
#include <set>

#include "support/http_client.hpp"

namespace waypost::test {

/// What a job is made to do.
enum class Kind : std::uint8_t { echo, geocode, snooze, nap, doomed, delayed };

/// What a client was told of one job.
struct Promise {
  Kind kind = Kind::echo;
  bool has_webhook = false;
  std::string key;         ///< Idempotency-Key, "" for none
  std::string request;     ///< body
  bool cancelled = false;  ///< a cancel was answered with 2xx
  std::string end;         ///< the job as it was when first seen in a terminal state
};

inline bool is_terminal(std::string_view state) {
  return state == "succeeded" || state == "partial" || state == "failed" || state == "cancelled";
}

/// All that the service promised while it was killed again and again, and whatever it broke of it. Any
/// thread.
class Ledger {
 public:
  /// A 202 (or its replay) named this job.
  void accepted(const std::string& id, const Promise& promise) {
    const std::scoped_lock lock(mutex_);
    if (const auto [known, fresh] = promises_.emplace(id, promise); !fresh) {
      if (promise.key.empty() || promise.key != known->second.key) note(id + " was given to two requests");
      return;
    }
    ids_.push_back(id);
    if (!promise.key.empty() && !by_key_.emplace(promise.key, id).second)
      note("the key " + promise.key + " made " + by_key_.at(promise.key) + " and " + id);
  }
  void cancelled(const std::string& id) {
    const std::scoped_lock lock(mutex_);
    promises_.at(id).cancelled = true;
  }
  /// A GET of the job answered this.
  void seen(const std::string& id, const RawResponse& response) {
    const std::scoped_lock lock(mutex_);
    if (response.status != 200)
      return note(id + " answers " + std::to_string(response.status) + ": " + response.body);
    const std::string state = json_at(response.body, "state");
    std::string& end = promises_.at(id).end;
    if (!end.empty() && end != response.body) note("an end that changes: " + end + " and " + response.body);
    if (end.empty() && is_terminal(state)) end = response.body;
  }
  void fault(std::string text) {
    const std::scoped_lock lock(mutex_);
    note(std::move(text));
  }

  std::optional<std::string> any_job(std::mt19937_64& random) const {
    const std::scoped_lock lock(mutex_);
    if (ids_.empty()) return {};
    return ids_[random() % ids_.size()];
  }
  std::map<std::string, Promise> promises() const {
    const std::scoped_lock lock(mutex_);
    return promises_;
  }
  std::vector<std::string> faults() const {
    const std::scoped_lock lock(mutex_);
    return faults_;
  }

 private:
  void note(std::string text) { faults_.push_back(std::move(text)); }

  mutable std::mutex mutex_;
  std::map<std::string, Promise> promises_;
  std::vector<std::string> ids_;
  std::map<std::string, std::string> by_key_;
  std::vector<std::string> faults_;
};

}  // namespace waypost::test
