#include "api/batches.hpp"
#include "api/byte_range.hpp"
#include "api/jobs.hpp"
#include "api/problem.hpp"
#include "waypost/batch/report.hpp"
#include "waypost/engine/batch_plan.hpp"
#include "waypost/net/offload.hpp"
#include "waypost/store/await.hpp"

/// The report of a batch: as it stands in its file, whole or in ranges.
namespace waypost::api {
namespace {

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
    auto piece = co_await net::offload(disk_, work);
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

asio::awaitable<Reply> get_report(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto job = co_await load_job(call);
  if (!job) co_return std::unexpected(job.error());
  if (!job->spec.batch) co_return fail(Code::not_found, job->id() + " is no batch and has no report");
  if (!job::is_terminal(job->state))
    co_return fail(Code::conflict, job->id() + " is " + std::string(job::to_string(job->state)) +
                                       ": its report is there when it has ended");
  if (job->spec.batch->chunks == 0)
    co_return fail(Code::not_found, job->id() + " has no report: its manifest was never there");
  const auto chunks = co_await store::reply<std::vector<store::ChunkRecord>>(
      [&](auto done) { call.services.engine.report_chunks(*job, std::move(done)); });
  if (!chunks) co_return std::unexpected(chunks.error());
  auto open = [&] { return open_report(call.services, *job, *chunks); };
  auto reader = co_await net::offload(call.services.disk, open);
  if (!reader) co_return std::unexpected(reader.error());
  co_return report_response(call, *job, std::move(*reader));
}

}  // namespace waypost::api
