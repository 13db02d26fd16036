#include "api/batches.hpp"

#include <algorithm>

#include "api/problem.hpp"
#include "api/submit.hpp"
#include "api/tracing.hpp"
#include "api/upload.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/batch/report.hpp"
#include "waypost/engine/batch_plan.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

using Source = json::Fields::Source;

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
asio::awaitable<Result<NewJob>> read_query(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto query = QueryObject::make(*parameters, dotted_groups());
  if (!query) {  // the query holds the job's fields here
    query.error().code = Code::validation_failed;
    co_return std::unexpected(std::move(query.error()));
  }
  std::vector<Fault> faults;
  json::Fields fields(query->root(), "", faults, Source::query);
  NewJob job = read_job(fields, Source::query, call.services, faults);
  if (faults.empty()) co_await check_addresses(job, Source::query, call.services, faults);
  if (!faults.empty()) co_return std::unexpected(refusal(std::move(faults)));
  co_return job;
}

std::string map_json(const batch::FieldMap& map) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const auto& [field, value] : map) out.field(field, value);
  out.end_object();
  return text;
}

/// What of a batch is known before its manifest is.
job::Batch batch_of(const BatchRequest& request, std::string manifest) {
  return {.manifest = std::move(manifest),
          .source = request.source,
          .map = map_json(request.map),
          .report_scope = request.report_scope,
          .report_format = request.report_format,
          .threshold = request.threshold,
          .canary = request.canary};
}

/// What the manifest adds to it. Fails with the faults of its map at "/map".
Result<void> fit(job::Batch& batch, const NewJob& job, const batch::ManifestFacts& facts,
                 const Services& services) {
  const auto operation = services.operations.find(job.spec.type);
  if (operation == nullptr)
    return fail(Code::unknown_operation, "there is no operation \"" + job.spec.type + "\" any more");
  std::vector<Fault> faults;
  batch::validate_map(job.batch.map, facts.columns, *operation, "/map", faults);
  if (!faults.empty()) return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  engine::cut(batch, facts, *operation);
  if (batch.report_format.empty())
    batch.report_format = batch::to_string(batch::default_report_format(facts.format));
  return {};
}

asio::awaitable<Reply> submit_spec(Call call, job::Spec spec, Ulid ulid, std::string key, std::string print) {
  take_trace(call, spec);
  co_return co_await submit(call, job::create(ulid, std::move(spec), "{}", call.services.clock.now()),
                            std::move(key), std::move(print));
}

/// Submits a job over a manifest that came with it, which goes when the job is not made.
asio::awaitable<Reply> submit_uploaded(Call call, NewJob job, Upload upload, std::string key,
                                       std::string print) {
  job.spec.batch = batch_of(job.batch, upload.id);
  if (auto fitted = fit(*job.spec.batch, job, upload.facts, call.services); !fitted) {
    co_await drop(call, upload.id);
    co_return std::unexpected(fitted.error());
  }
  auto reply = co_await submit_spec(call, std::move(job.spec), upload.ulid, std::move(key), std::move(print));
  // Another job may stand for this one: the first under its Idempotency-Key, or the holder of its unique key.
  const std::string place = "/v1/jobs/" + format_id(job::id_prefix, upload.ulid);
  const bool kept = reply && std::ranges::any_of(reply->fields, [&](const net::Field& f) {
                      return f.name == "Location" && f.value == place;
                    });
  if (!kept) co_await drop(call, upload.id);
  co_return reply;
}

/// Submits a job whose manifest is fetched while it is `preparing`.
asio::awaitable<Reply> submit_fetched(Call call, NewJob job, std::string key, std::string print) {
  const Ulid ulid = make_ulid(call.services.clock.now());
  job.spec.batch = batch_of(job.batch, format_id(job::manifest_prefix, ulid));
  co_return co_await submit_spec(call, std::move(job.spec), ulid, std::move(key), std::move(print));
}

Error unknown_manifest(const std::string& id) {
  return {.code = Code::unknown_manifest,
          .message = "/manifest/id: there is no manifest " + id,
          .faults = {{.pointer = "/manifest/id",
                      .code = "unknown_manifest",
                      .detail = "there is no manifest " + id +
                                "; POST /v1/manifests makes one, GET /v1/manifests lists them"}}};
}

batch::ManifestFacts facts_of(const store::StoredManifest& manifest) {
  return {.format = batch::manifest_format(manifest.format).value_or(batch::ManifestFormat::csv),
          .rows = static_cast<std::uint64_t>(manifest.rows),
          .bytes = static_cast<std::uint64_t>(manifest.bytes),
          .chunks = static_cast<std::uint64_t>(manifest.chunks),
          .etag = manifest.etag,
          .columns = manifest.columns};
}

asio::awaitable<Reply> submit_stored(Call call, NewJob job, std::string key, std::string print) {
  const std::string id = *job.batch.manifest;
  const auto ulid = parse_id(job::manifest_prefix, id);
  if (!ulid) co_return std::unexpected(unknown_manifest(id));
  const auto manifest = co_await store::reply<store::StoredManifest>(
      [&](auto done) { call.services.stored_manifests.get(*ulid, std::move(done)); });
  if (!manifest && manifest.error().code == Code::not_found) co_return std::unexpected(unknown_manifest(id));
  if (!manifest) co_return std::unexpected(manifest.error());
  job.spec.batch = batch_of(job.batch, id);
  if (auto fitted = fit(*job.spec.batch, job, facts_of(*manifest), call.services); !fitted)
    co_return std::unexpected(fitted.error());
  auto reply = co_await submit_spec(call, std::move(job.spec), make_ulid(call.services.clock.now()),
                                    std::move(key), std::move(print));
  if (!reply && reply.error().code == Code::unknown_manifest)  // it was removed this moment
    co_return std::unexpected(unknown_manifest(id));
  co_return reply;
}

}  // namespace

asio::awaitable<Reply> post_batch(Call call) {
  const auto key = idempotency_key(call.request.head);
  if (!key) co_return std::unexpected(key.error());
  auto job = co_await read_query(call);
  if (!job) co_return std::unexpected(job.error());
  auto upload = co_await store_body(call);
  if (!upload) co_return std::unexpected(upload.error());
  const std::string print = key->empty() ? "" : fingerprint(call.request.head, upload->facts.etag);
  auto reply = co_await submit_uploaded(call, std::move(*job), std::move(*upload), *key, print);
  if (reply || reply.error().faults.empty()) co_return reply;
  std::vector<Fault> faults = std::move(reply.error().faults);
  std::ranges::transform(faults, faults.begin(), as_parameter);
  co_return std::unexpected(faulty(reply.error().code, std::move(faults)));
}

asio::awaitable<Reply> submit_batch(Call call, NewJob job, std::string key, std::string print) {
  if (job.batch.manifest) co_return co_await submit_stored(call, std::move(job), key, print);
  if (job.batch.source) co_return co_await submit_fetched(call, std::move(job), key, print);
  auto upload = co_await store_rows(call, *job.batch.rows);
  if (!upload) co_return std::unexpected(upload.error());
  co_return co_await submit_uploaded(call, std::move(job), std::move(*upload), key, print);
}

}  // namespace waypost::api
