#include "api/batches.hpp"

#include <algorithm>

#include "api/byte_range.hpp"
#include "api/jobs.hpp"
#include "api/offload.hpp"
#include "api/problem.hpp"
#include "api/submit.hpp"
#include "waypost/base/log.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/batch/report.hpp"
#include "waypost/engine/batch_plan.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view manifest_prefix = "man_";

/// A pointer into the job as the dotted parameter that it came in.
Fault as_parameter(Fault fault) {
  if (!fault.pointer) return fault;
  std::string name = fault.pointer->substr(std::min<std::size_t>(1, fault.pointer->size()));
  std::ranges::replace(name, '/', '.');
  fault.parameter = std::move(name);
  fault.pointer.reset();
  return fault;
}

/// The job that the query describes; refused before a byte of the manifest is read.
asio::awaitable<Result<NewJob>> read_request(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto query = QueryObject::make(*parameters, dotted_groups());
  if (!query) {  // the query holds the job's fields here
    query.error().code = Code::validation_failed;
    co_return std::unexpected(std::move(query.error()));
  }
  std::vector<Fault> faults;
  json::Fields fields(query->root(), "", faults, json::Fields::Source::query);
  NewJob job = read_job(fields, json::Fields::Source::query, call.services, faults);
  const auto* operation = call.services.operations.find(job.spec.type);
  if (operation != nullptr && dynamic_cast<const operation::ComputeOperation*>(operation) == nullptr)
    faults.push_back({.parameter = "type",
                      .code = "not_allowed",
                      .detail = "\"" + job.spec.type + "\" does not run over a manifest"});
  if (faults.empty()) co_await check_addresses(job, json::Fields::Source::query, call.services, faults);
  if (!faults.empty()) co_return std::unexpected(refusal(std::move(faults)));
  co_return job;
}

/// A manifest that came with its job, and the ULID that both bear: so what a crash left between the two is
/// soon told from what is in use (engine/sweep.hpp).
struct Uploaded {
  batch::ManifestFacts facts;
  Ulid ulid;
  std::string id;
};

/// Streams the body to disk; at most one piece of it is in memory.
asio::awaitable<Result<Uploaded>> store_manifest(Call call, batch::ManifestFormat format) {
  const Services& services = call.services;
  const std::string upload = format_id(manifest_prefix, make_ulid(services.clock.now()));
  auto create = [&] {
    return batch::ManifestWriter::create(services.manifests, upload, format,
                                         {.max_bytes = services.max_manifest_bytes});
  };
  auto writer = co_await offload(services.disk, create);
  if (!writer) co_return std::unexpected(writer.error());
  for (;;) {
    const auto piece = co_await call.request.stream->read();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) break;
    auto append = [&] { return writer->append(*piece); };
    const auto appended = co_await offload(services.disk, append);
    if (!appended) co_return std::unexpected(appended.error());
  }
  // The job comes to be now, after an upload that may have taken long: its id is of now.
  const Ulid ulid = make_ulid(services.clock.now());
  std::string id = format_id(manifest_prefix, ulid);
  auto finish = [&] { return writer->finish_as(id); };
  auto facts = co_await offload(services.disk, finish);
  if (!facts) co_return std::unexpected(facts.error());
  co_return Uploaded{std::move(*facts), ulid, std::move(id)};
}

asio::awaitable<void> drop_manifest(Call call, std::string id) {
  auto remove = [&] { return batch::Manifest::remove(call.services.manifests, id); };
  const auto removed = co_await offload(call.services.disk, remove);
  if (!removed)
    log::warn("a manifest could not be deleted", {{"manifest", id}, {"error", removed.error().message}});
}

std::string map_json(const batch::FieldMap& map) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const auto& [field, value] : map) out.field(field, value);
  out.end_object();
  return text;
}

/// Pieces of a report, read on the disk threads.
class ReportSource final : public net::BodySource {
 public:
  ReportSource(asio::thread_pool& disk, batch::ReportReader reader, std::uint64_t begin, std::uint64_t end)
      : disk_(disk), reader_(std::move(reader)), at_(begin), end_(end) {}

  asio::awaitable<Result<std::string_view>> read() override {
    if (at_ >= end_) co_return std::string_view();
    auto work = [this] {
      return reader_.read(at_, std::min<std::size_t>(batch::ReportReader::kMaxPiece, end_ - at_));
    };
    auto piece = co_await offload(disk_, work);
    if (!piece) co_return std::unexpected(piece.error());
    piece_ = std::move(*piece);
    if (piece_.empty()) co_return fail(Code::internal, "the report is shorter than it was");
    at_ += piece_.size();
    co_return std::string_view(piece_);
  }

 private:
  asio::thread_pool& disk_;
  batch::ReportReader reader_;
  std::uint64_t at_, end_;
  std::string piece_;
};

Result<batch::ReportReader> open_report(const Services& services, const job::Job& job,
                                        const std::vector<store::ChunkRecord>& chunks) {
  const auto manifest = batch::Manifest::open(services.manifests, job.spec.batch->manifest);
  if (!manifest) return std::unexpected(manifest.error());
  const auto plan = engine::plan_of(job, manifest->facts(), services.operations);
  if (!plan) return std::unexpected(plan.error());
  std::vector<batch::ReportSegment> segments;
  for (const auto& chunk : chunks)
    segments.push_back(
        {static_cast<std::uint64_t>(chunk.report_offset), static_cast<std::uint64_t>(chunk.report_length)});
  return batch::ReportReader::open(services.engine.report_file(job.ulid), plan->frame(), std::move(segments));
}

net::Response report_response(const Call& call, const job::Job& job, batch::ReportReader reader) {
  const auto format = batch::report_format(job.spec.batch->report_format).value_or(batch::ReportFormat::csv);
  const std::string etag = "\"" + std::to_string(job.version) + "-" + std::to_string(reader.size()) + "\"";
  net::Response response{.content_type = batch::media_type(format)};
  response.fields.push_back({"ETag", etag});
  response.fields.push_back({"Accept-Ranges", "bytes"});
  if (none_match(call.request.head, etag)) {
    response.status = 304;
    return response;
  }
  const std::uint64_t size = reader.size();
  ByteRange range{0, size};
  if (const auto asked = byte_range(call.request.head, etag, size)) {
    if (!*asked) {
      response = problem({.code = Code::range_not_satisfiable,
                          .message = "the report has " + std::to_string(size) + " bytes"},
                         call.request.head.request_id);
      response.fields.push_back({"Content-Range", "bytes */" + std::to_string(size)});
      return response;
    }
    range = **asked;
    response.status = 206;
    response.fields.push_back({"Content-Range", "bytes " + std::to_string(range.begin) + "-" +
                                                    std::to_string(range.end - 1) + "/" +
                                                    std::to_string(size)});
  }
  response.stream_length = range.end - range.begin;
  response.stream =
      std::make_unique<ReportSource>(call.services.disk, std::move(reader), range.begin, range.end);
  return response;
}

}  // namespace

asio::awaitable<Reply> post_batch(Call call) {
  const auto key = idempotency_key(call.request.head);
  if (!key) co_return std::unexpected(key.error());
  auto request = co_await read_request(call);
  if (!request) co_return std::unexpected(request.error());
  const auto format = media_type(call.request.head) == "text/csv" ? batch::ManifestFormat::csv
                                                                  : batch::ManifestFormat::ndjson;
  auto uploaded = co_await store_manifest(call, format);
  if (!uploaded) co_return std::unexpected(uploaded.error());
  const auto& [facts, ulid, manifest] = *uploaded;

  std::vector<Fault> faults;
  const batch::FieldMap& map = request->batch.map;
  batch::validate_map(map, facts.columns, *call.services.operations.find(request->spec.type), "/map", faults);
  if (!faults.empty()) {
    co_await drop_manifest(call, manifest);
    std::ranges::transform(faults, faults.begin(), as_parameter);
    co_return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  }
  job::Spec spec = std::move(request->spec);
  spec.traceparent = call.request.head.traceparent;
  spec.batch = job::Batch{.manifest = manifest,
                          .rows = static_cast<std::int64_t>(facts.rows),
                          .chunks = static_cast<std::int64_t>(facts.chunks),
                          .map = map_json(map),
                          .report_scope = request->batch.report_scope,
                          .report_format = request->batch.report_format};
  if (spec.batch->report_format.empty())
    spec.batch->report_format = batch::to_string(batch::default_report_format(facts.format));
  const std::string print = key->empty() ? "" : fingerprint(call.request.head, facts.etag);
  auto job = job::create(ulid, std::move(spec), "{}", call.services.clock.now());
  const std::string place = "/v1/jobs/" + job.id();
  auto reply = co_await submit(call, std::move(job), *key, print);
  // Another job may stand for this one: the first under its Idempotency-Key, or the holder of its unique key.
  const bool kept = reply && std::ranges::any_of(reply->fields, [&](const net::Field& f) {
                      return f.name == "Location" && f.value == place;
                    });
  if (!kept) co_await drop_manifest(call, manifest);
  co_return reply;
}

asio::awaitable<Reply> get_report(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto job = co_await load_job(call);
  if (!job) co_return std::unexpected(job.error());
  if (!job->spec.batch) co_return fail(Code::not_found, job->id() + " is no batch and has no report");
  if (!job::is_terminal(job->state))
    co_return fail(Code::conflict, job->id() + " is " + std::string(job::to_string(job->state)) +
                                       ": its report is there when it has ended");
  const auto chunks = co_await store::reply<std::vector<store::ChunkRecord>>(
      [&](auto done) { call.services.engine.report_chunks(*job, std::move(done)); });
  if (!chunks) co_return std::unexpected(chunks.error());
  auto open = [&] { return open_report(call.services, *job, *chunks); };
  auto reader = co_await offload(call.services.disk, open);
  if (!reader) co_return std::unexpected(reader.error());
  co_return report_response(call, *job, std::move(*reader));
}

}  // namespace waypost::api
