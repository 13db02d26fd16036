#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "waypost/engine/engine.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::api {

/// What of `/metrics` is read when it is asked for.
struct MetricsSnapshot {
  engine::Stats stats;
  store::StoreFigures store;
  std::int64_t deliveries_pending = 0;
  std::uint64_t deliveries_delivered = 0, deliveries_retried = 0, deliveries_gave_up = 0, egress_refused = 0;
  std::uint64_t endpoints = 0, endpoints_disabled = 0, circuits_open = 0;
  std::uint64_t disabled_gone = 0, disabled_failing = 0;
  std::uint64_t gazetteer_places = 0;
};

/// Prometheus metrics: `waypost_` names, base units, labels of bounded number. Any thread.
class Metrics {
 public:
  /// What it shows of others is asked for at each `render`.
  Metrics();
  ~Metrics();
  /// One HTTP response. `route` is the index in the table of routes; nothing for an unknown path.
  void request(std::optional<std::size_t> route, int status, std::chrono::microseconds elapsed);
  /// A change of a job; from the engine's listener.
  void changed(const store::Change& change);
  /// The text exposition format.
  std::string render(const MetricsSnapshot& snapshot);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::api
