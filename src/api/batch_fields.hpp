#pragma once

#include "waypost/base/json.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/job/job.hpp"
#include "waypost/net/egress.hpp"

/// The fields of a job that make a batch of it (§3.5).
namespace waypost::api {

struct BatchRequest {
  // Where the rows are, of a job in JSON: one of these. Those of an upload follow as its body.
  std::optional<std::string> manifest;        ///< id of a stored one
  std::optional<job::ManifestSource> source;  ///< fetched while the job is `preparing`
  std::optional<json::Value> rows;            ///< an array of objects; lives as long as the request

  batch::FieldMap map;
  std::string report_scope = "all";
  std::string report_format;  ///< "" for the manifest's own
  std::optional<job::FailureThreshold> threshold;
  std::int64_t canary = 0;

  bool is_given() const { return manifest || source || rows; }
};

/// Reads them; in a body that names no manifest they are faults.
BatchRequest read_batch(json::Fields& fields, json::Fields::Source source, const net::EgressPolicy& egress,
                        std::vector<Fault>& faults);

}  // namespace waypost::api
