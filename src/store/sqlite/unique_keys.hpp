#pragma once

#include "store/sqlite/session.hpp"

/// The keys of `unique`, apart for each tenant: each is held by the one job of that key that has not ended.
/// The writer's thread only.
namespace waypost::store::sqlite {

/// The schema's step that makes room for keys.
extern const std::string_view unique_keys_schema;

// Of a spec that has one.
/// The sequence of the job that holds the key, if one does.
std::optional<std::int64_t> holder_of(Statements& sql, const job::Spec& spec);
void take_key(Statements& sql, const job::Spec& spec, const Ulid& job);
/// Nothing, when the key is another's by now.
void free_key(Statements& sql, const job::Spec& spec, const Ulid& job);

}  // namespace waypost::store::sqlite
