#pragma once

#include "store/sqlite/session.hpp"

namespace waypost::store::sqlite {

/// The schema's step that lets a chunk be recorded more than once, and notes where a batch stands.
extern const std::string_view chunks_schema;

std::optional<ChunkRecord> find_chunk(Statements& sql, const Ulid& job, std::int64_t number);
/// In place of what was recorded of it before.
void put_chunk(Statements& sql, const Ulid& job, const ChunkRecord& chunk);
/// What a chunk's record adds to the job's progress, where `known` was recorded of it before. What had failed
/// in an earlier run counts as waiting since this one began.
job::Advance advance_to(const ChunkRecord& chunk, const std::optional<ChunkRecord>& known,
                        std::int64_t fence);
/// Where a batch stands, beside what every job has.
void put_batch_state(Statements& sql, const job::Job& job);
/// Of a whole job, in order.
std::vector<ChunkRecord> read_chunks(Statements& sql, const Ulid& job);

}  // namespace waypost::store::sqlite
