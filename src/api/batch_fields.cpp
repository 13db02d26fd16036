#include "api/batch_fields.hpp"

#include <algorithm>

#include "waypost/base/text.hpp"
#include "waypost/batch/report.hpp"

namespace waypost::api {
namespace {

using json::Fields;
using Source = json::Fields::Source;

/// Reads one group of fields after the other.
class BatchReader {
 public:
  BatchReader(Fields& fields, Source source, const net::EgressPolicy& egress, std::vector<Fault>& faults)
      : fields_(fields), source_(source), egress_(egress), faults_(faults) {}

  BatchRequest read() {
    const auto object = source_ == Source::body ? fields_.object("manifest") : std::nullopt;
    if (object) manifest(*object);
    map();
    report();
    threshold();
    canary();
    if (source_ == Source::body && !object) refuse_without_manifest();
    return std::move(batch_);
  }

 private:
  Fields inner(std::string_view name, json::Value value) {
    return Fields(value, fields_.pointer(name), faults_, source_);
  }

  void manifest(json::Value object) {
    Fields inner = this->inner("manifest", object);
    if (inner.has("id") + inner.has("url") + inner.has("rows") != 1)
      fields_.fault("manifest", "required", "must have one of id, url and rows");
    if (const auto id = inner.string("id", {1, 64})) batch_.manifest = *id;
    if (const auto url = inner.string("url", {1, 2048})) source(*url, inner);
    if (const auto rows = inner.array("rows")) this->rows(*rows, inner.pointer("rows"));
    if (!batch_.source && inner.string("etag") && !inner.has("url"))
      inner.fault("etag", "conflict", "goes with url only");
    inner.finish();
  }

  void source(std::string_view url, Fields& inner) {
    if (const auto checked = egress_.check(url); !checked)
      inner.fault("url", checked.error().code == Code::egress_forbidden ? "egress_forbidden" : "malformed",
                  checked.error().message);
    batch_.source = job::ManifestSource{.url = std::string(url)};
    const auto etag = inner.string("etag");
    if (!etag) return;
    const bool hex = std::ranges::all_of(*etag, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
    if (etag->size() != 64 || !hex)
      inner.fault("etag", "malformed", "must be the SHA-256 of the manifest's bytes, 64 hexadecimal digits");
    batch_.source->etag = text::lower_ascii(*etag);
  }

  void rows(json::Value rows, const std::string& pointer) {
    batch_.rows = rows;
    const auto items = rows.children();
    for (std::size_t i = 0; i < items.size(); ++i)
      if (!items[i].is(json::Kind::object))
        faults_.push_back({.pointer = pointer + "/" + std::to_string(i),
                           .code = "wrong_type",
                           .detail = "must be an object: a row's columns and their values"});
  }

  void map() {
    const auto map = fields_.object("map");
    if (!map) return;
    Fields inner = this->inner("map", *map);
    for (const auto entry : map->children())
      if (const auto text = inner.string(entry.key())) batch_.map.emplace_back(entry.key(), *text);
  }

  void report() {
    const auto report = fields_.object("report");
    if (!report) return;
    Fields inner = this->inner("report", *report);
    if (const auto scope = inner.string("scope")) {
      if (batch::report_scope(*scope))
        batch_.report_scope = *scope;
      else
        inner.fault("scope", "not_allowed", "must be \"all\" or \"failed\"");
    }
    if (const auto format = inner.string("format")) {
      if (batch::report_format(*format))
        batch_.report_format = *format;
      else
        inner.fault("format", "not_allowed", "must be \"csv\", \"ndjson\" or \"json\"");
    }
    inner.finish();
  }

  void threshold() {
    const auto object = fields_.object("failure_threshold");
    if (!object) return;
    Fields inner = this->inner("failure_threshold", *object);
    job::FailureThreshold threshold;
    inner.require("ratio");
    threshold.ratio = inner.number("ratio", {0, 1}).value_or(threshold.ratio);
    threshold.after_tasks = inner.integer("after_tasks", {0, INT64_MAX});
    if (const auto action = inner.string("action")) {
      threshold.pause = *action == "pause";
      if (*action != "pause" && *action != "fail")
        inner.fault("action", "not_allowed", "must be \"fail\" or \"pause\"");
    }
    inner.finish();
    batch_.threshold = threshold;
  }

  void canary() {
    const auto object = fields_.object("canary");
    if (!object) return;
    Fields inner = this->inner("canary", *object);
    inner.require("rows");
    batch_.canary = inner.integer("rows", {1, INT64_MAX}).value_or(0);
    inner.finish();
  }

  void refuse_without_manifest() {
    for (const auto name : {"map", "report", "failure_threshold", "canary"})
      if (const auto value = fields_.any(name); value && !value->is(json::Kind::null))
        fields_.fault(name, "conflict", "goes with manifest only: this job has no rows");
  }

  Fields& fields_;
  const Source source_;
  const net::EgressPolicy& egress_;
  std::vector<Fault>& faults_;
  BatchRequest batch_;
};

}  // namespace

BatchRequest read_batch(json::Fields& fields, Source source, const net::EgressPolicy& egress,
                        std::vector<Fault>& faults) {
  return BatchReader(fields, source, egress, faults).read();
}

}  // namespace waypost::api
