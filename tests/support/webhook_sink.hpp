#pragma once

#include <map>
#include <set>

#include "support/http_client.hpp"
#include "support/sink.hpp"
#include "waypost/webhook/signature.hpp"

namespace waypost::test {

/// A receiver that keeps a ledger of the webhooks it gets and notes whatever is not as the contract has it: a
/// wrong signature, other bytes under the same id, two ids for one event, a second end of a job, events out
/// of order. Refuses the first delivery of every eighth event, so that retries are seen too. Any thread.
class WebhookSink {
 public:
  struct Job {
    std::map<std::int64_t, std::string> events;  ///< by sequence: the webhook-id
    std::string end;                             ///< the job as its terminal event has it
  };

  explicit WebhookSink(const std::string& secret) : secret_(webhook::parse_secret(secret).value()) {}

  std::string url() const { return sink_.url(); }

  /// Waits until the end of each of these jobs has come; returns those whose has not after two minutes.
  std::set<std::string> wait_for_ends(std::set<std::string> jobs) {
    std::unique_lock lock(mutex_);
    const auto all_ended = [&] {
      std::erase_if(
          jobs, [this](const std::string& id) { return jobs_.contains(id) && !jobs_.at(id).end.empty(); });
      return jobs.empty();
    };
    ended_.wait_for(lock, std::chrono::minutes{2}, all_ended);
    return jobs;
  }
  Job job(const std::string& id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? Job{} : found->second;
  }
  std::vector<std::string> faults() const {
    const std::scoped_lock lock(mutex_);
    return faults_;
  }
  /// Events that came, and how often one came again.
  std::pair<std::size_t, std::size_t> figures() const {
    const std::scoped_lock lock(mutex_);
    return {bodies_.size(), repeated_};
  }

 private:
  Sink::Answer receive(const Sink::Request& request) {
    const std::string id = request.field("webhook-id");
    const auto verified = webhook::verify(secret_,
                                          {.id = id,
                                           .timestamp = request.field("webhook-timestamp"),
                                           .signature = request.field("webhook-signature"),
                                           .body = request.body},
                                          std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()));
    const std::scoped_lock lock(mutex_);
    if (!verified) note(id, verified.error().message);
    const auto [known, fresh] = bodies_.emplace(id, request.body);
    if (!fresh) {
      ++repeated_;
      if (known->second != request.body) note(id, "other bytes: " + known->second + " and " + request.body);
      return {};
    }
    enter(id, request.body);
    return {.status = bodies_.size() % 8 == 0 ? 503 : 204};
  }

  void enter(const std::string& id, const std::string& body) {
    Job& job = jobs_[json_at(body, "data/job/id")];
    const std::int64_t sequence = std::stoll(json_at(body, "data/sequence"));
    if (!job.events.emplace(sequence, id).second) note(id, "a second id of the event " + body);
    if (job.events.rbegin()->first != sequence) note(id, "out of order: " + body);
    static const std::set<std::string> ends{"job.succeeded", "job.partial", "job.failed", "job.cancelled"};
    if (!ends.contains(json_at(body, "type"))) return;
    if (!job.end.empty()) note(id, "a second end: " + job.end + " and " + body);
    job.end = json_at(body, "data/job");
    ended_.notify_all();
  }

  void note(const std::string& id, const std::string& fault) { faults_.push_back(id + ": " + fault); }

  const webhook::SecretBytes secret_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::string, std::string> bodies_;  ///< by webhook-id
  std::map<std::string, Job> jobs_;
  std::vector<std::string> faults_;
  std::size_t repeated_ = 0;
  Sink sink_{[this](const Sink::Request& request, std::size_t) { return receive(request); }};
};

}  // namespace waypost::test
