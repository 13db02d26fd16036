#include "store/sqlite/chunks.hpp"

#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {
namespace {

constexpr std::string_view columns =
    "number, rows, succeeded, failed, waiting, report_offset, report_length, index_length, run, open";

ChunkRecord read_chunk(const Statement& row) {
  return {.number = row.integer(0),
          .rows = row.integer(1),
          .succeeded = row.integer(2),
          .failed = row.integer(3),
          .waiting = row.integer(4),
          .report_offset = row.integer(5),
          .report_length = row.integer(6),
          .index_length = row.integer(7),
          .run = static_cast<int>(row.integer(8)),
          .open = row.integer(9) != 0};
}

}  // namespace

const std::string_view chunks_schema = R"(
  ALTER TABLE chunks ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE chunks ADD COLUMN index_length INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE chunks ADD COLUMN run INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE chunks ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN batch TEXT;
)";

std::optional<ChunkRecord> find_chunk(Statements& sql, const Ulid& job, std::int64_t number) {
  static const std::string text = fmt::format("SELECT {} FROM chunks WHERE job=? AND number=?", columns);
  Statement& row = sql(text).bind(job.sequence()).bind(number);
  if (!row.step()) return {};
  const ChunkRecord chunk = read_chunk(row);
  row.start();
  return chunk;
}

void put_chunk(Statements& sql, const Ulid& job, const ChunkRecord& chunk) {
  static const std::string text =
      fmt::format("INSERT OR REPLACE INTO chunks(job, {}) VALUES(?,?,?,?,?,?,?,?,?,?,?)", columns);
  sql(text)
      .bind(job.sequence())
      .bind(chunk.number)
      .bind(chunk.rows)
      .bind(chunk.succeeded)
      .bind(chunk.failed)
      .bind(chunk.waiting)
      .bind(chunk.report_offset)
      .bind(chunk.report_length)
      .bind(chunk.index_length)
      .bind(chunk.run)
      .bind(chunk.open ? 1 : 0)
      .run();
}

job::Advance advance_to(const ChunkRecord& chunk, const std::optional<ChunkRecord>& known,
                        std::int64_t fence) {
  job::Advance advance{
      .fence = fence, .succeeded = chunk.succeeded, .failed = chunk.failed, .waiting = chunk.waiting};
  if (!known) return advance;
  advance.succeeded -= known->succeeded;
  if (known->run == chunk.run) {
    advance.failed -= known->failed;
    advance.waiting -= known->waiting;
  } else {
    advance.waiting -= known->failed + known->waiting;
  }
  return advance;
}

void put_batch_state(Statements& sql, const job::Job& job) {
  const std::string state = job::pack(job.batch);
  sql("UPDATE jobs SET total=?, batch=? WHERE seq=?")
      .bind(job.progress.total)
      .bind(std::string_view(state))
      .bind(job.ulid.sequence())
      .run();
}

std::vector<ChunkRecord> read_chunks(Statements& sql, const Ulid& job) {
  static const std::string text = fmt::format("SELECT {} FROM chunks WHERE job=? ORDER BY number", columns);
  Statement& row = sql(text).bind(job.sequence());
  std::vector<ChunkRecord> chunks;
  while (row.step()) chunks.push_back(read_chunk(row));
  return chunks;
}

}  // namespace waypost::store::sqlite
