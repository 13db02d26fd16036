#pragma once

#include <variant>

#include "store/sqlite/session.hpp"

/// Pages of jobs by filter. On a reader's thread.
namespace waypost::store::sqlite {

/// The schema's step that makes the indexes by type and by queue.
extern const std::string_view lists_schema;

/// The condition along whose index a page is read; the others are checked job by job.
enum class Lead : std::uint8_t { none, state, type, queue, tag };

/// A text of SQL and what is bound to it.
struct Query {
  std::string text;
  std::vector<std::variant<std::int64_t, std::string_view>> values;  ///< views into what it was made from
};

/// What is asked for, in the form in which its page is found soonest: each value once, and of a tenant with
/// few jobs among many all states, whose index begins with the tenant.
ListQuery planned(Statements& sql, const ListQuery& asked);

/// The sequences of one page and one more. Whatever leads, it is read in order and ends early.
Query page_query(const ListQuery& query, Lead lead);
/// The condition that the fewest jobs meet, as far as a short look tells.
Lead best_lead(Statements& sql, const ListQuery& query);

Result<ListPage> list(Statements& sql, const ListQuery& query);
Result<FoundJobs> find(Statements& sql, const ListQuery& query);

}  // namespace waypost::store::sqlite
