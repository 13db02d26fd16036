#include "waypost/job/job_json.hpp"

/// What of a batch the store keeps as JSON.
namespace waypost::job {
namespace {

std::int64_t integer_of(json::Value object, std::string_view name, std::int64_t otherwise = 0) {
  const auto value = object.find(name);
  return value ? value->integer().value_or(otherwise) : otherwise;
}

FailureThreshold unpack_threshold(json::Value value) {
  FailureThreshold threshold{.ratio = value.find("ratio")->number(), .pause = value.find("pause")->boolean()};
  if (const auto after = value.find("after")) threshold.after_tasks = after->integer();
  return threshold;
}

}  // namespace

void pack(json::Writer& out, const Batch& batch) {
  out.begin_object()
      .field("manifest", batch.manifest)
      .field("rows", batch.rows)
      .field("chunks", batch.chunks)
      .field("stride", batch.stride)
      .field("scope", batch.report_scope)
      .field("format", batch.report_format)
      .key("map")
      .raw(batch.map);
  if (batch.source)
    out.key("source")
        .begin_object()
        .field("url", batch.source->url)
        .field("etag", batch.source->etag)
        .end_object();
  if (batch.threshold) {
    out.key("threshold").begin_object().key("ratio").number(batch.threshold->ratio);
    if (batch.threshold->after_tasks) out.field("after", *batch.threshold->after_tasks);
    out.field("pause", batch.threshold->pause).end_object();
  }
  if (batch.canary > 0) out.field("canary", batch.canary);
  out.end_object();
}

Batch unpack_batch(json::Value value) {
  Batch batch{.manifest = std::string(value.find("manifest")->string()),
              .rows = integer_of(value, "rows"),
              .chunks = integer_of(value, "chunks"),
              .stride = integer_of(value, "stride", 1),
              .map = std::string(value.find("map")->raw()),
              .report_scope = std::string(value.find("scope")->string()),
              .report_format = std::string(value.find("format")->string()),
              .canary = integer_of(value, "canary")};
  if (const auto source = value.find("source"))
    batch.source = ManifestSource{.url = std::string(source->find("url")->string()),
                                  .etag = std::string(source->find("etag")->string())};
  if (const auto threshold = value.find("threshold")) batch.threshold = unpack_threshold(*threshold);
  return batch;
}

std::string pack(const BatchState& state) {
  std::string packed;
  json::Writer(packed)
      .begin_object()
      .field("run", state.run)
      .field("failed_only", state.failed_only)
      .field("canary_done", state.canary_done)
      .field("waiting", state.waiting)
      .field("active", static_cast<std::int64_t>(state.active.count()))
      .field("done_before", state.done_before)
      .field("judged", state.judged)
      .field("judged_failed", state.judged_failed)
      .end_object();
  return packed;
}

BatchState unpack_batch_state(std::string_view packed) {
  const auto document = json::Document::parse(packed);
  if (!document) return {};
  const json::Value root = document->root();
  const auto is_set = [&](std::string_view name) {
    const auto value = root.find(name);
    return value && value->boolean();
  };
  return {.run = static_cast<int>(integer_of(root, "run", 1)),
          .failed_only = is_set("failed_only"),
          .canary_done = is_set("canary_done"),
          .waiting = integer_of(root, "waiting"),
          .active = Milliseconds{integer_of(root, "active")},
          .done_before = integer_of(root, "done_before"),
          .judged = integer_of(root, "judged"),
          .judged_failed = integer_of(root, "judged_failed")};
}

}  // namespace waypost::job
