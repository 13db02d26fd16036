#include "store/sqlite/lists.hpp"

#include <ranges>

#include "store/sqlite/rows.hpp"

namespace waypost::store::sqlite {
namespace {

/// Jobs that a condition is tried on before it counts as one that many meet.
constexpr std::int64_t look = 1000;

/// Appends to a query; texts and values stay in step.
class Builder {
 public:
  explicit Builder(const ListQuery& query) : asked_(query), filter_(query.filter) {}

  Builder& text(std::string_view sql) {
    query_.text += sql;
    return *this;
  }
  Builder& value(std::int64_t value) {
    query_.text += '?';
    query_.values.emplace_back(value);
    return *this;
  }
  Builder& value(job::State state) { return value(static_cast<std::int64_t>(state)); }
  Builder& value(const std::string& value) {
    query_.text += '?';
    query_.values.emplace_back(std::string_view(value));
    return *this;
  }

  /// What is the tenant's; of whatever tenant, so that the indexes that begin with it still serve.
  Builder& owned(std::string_view column) {
    text(column);
    if (!filter_.tenant) return text(" IN (SELECT id FROM tenants)");
    return text("=").value(static_cast<std::int64_t>(*filter_.tenant));
  }
  /// The jobs that meet one value of the leading condition, before anything else is asked of them.
  template <class Value>
  Builder& led_by(std::string_view column, std::string_view index, const Value& wanted) {
    text("SELECT seq FROM jobs INDEXED BY ").text(index).text(" WHERE ").owned("tenant");
    text(" AND ").text(column).text("=").value(wanted);
    return range("seq");
  }
  Builder& led_by_tag() {
    const auto& [name, wanted] = *filter_.tags.begin();
    // Ordered and bounded by the tag's own column, so that the page is read along its index.
    const bool alone = filter_.states.empty() && filter_.types.empty() && filter_.queues.empty();
    text("SELECT lead.job AS seq FROM tags AS lead ");
    if (!alone) text("CROSS JOIN jobs ON jobs.seq=lead.job ");
    text("WHERE ")
        .owned("lead.tenant")
        .text(" AND lead.name=")
        .value(name)
        .text(" AND lead.value=")
        .value(wanted);
    return range("lead.job");
  }
  Builder& unled() {
    text("SELECT seq FROM jobs WHERE 1");
    if (filter_.tenant) text(" AND ").owned("+tenant");  // by the rows: its indexes are in another order
    return range("seq");
  }

  Builder& range(std::string_view column) {
    const auto bound = [&](std::string_view comparison, std::int64_t to) {
      text(" AND ").text(column).text(comparison).value(to);
    };
    if (filter_.created_after) bound(">=", job::first_sequence(*filter_.created_after));
    if (filter_.created_before) bound("<", job::first_sequence(*filter_.created_before));
    if (asked_.after) bound(asked_.ascending ? ">" : "<", *asked_.after);
    return *this;
  }

  template <class Values>
  Builder& among(std::string_view column, const Values& wanted) {
    if (wanted.empty()) return *this;
    text(" AND ").text(column).text(" IN (");
    for (const auto& each : wanted) {
      if (&each != &wanted.front()) text(",");
      value(each);
    }
    return text(")");
  }
  Builder& tagged(std::string_view column, std::size_t skip) {
    for (const auto& [name, wanted] : filter_.tags | std::views::drop(skip))
      text(" AND EXISTS(SELECT 1 FROM tags WHERE ")
          .owned("tenant")
          .text(" AND name=")
          .value(name)
          .text(" AND value=")
          .value(wanted)
          .text(" AND job=")
          .text(column)
          .text(")");
    return *this;
  }
  Builder& conditions(Lead lead) {
    if (lead != Lead::state) among("state", filter_.states);
    if (lead != Lead::type) among("type", filter_.types);
    if (lead != Lead::queue) among("queue", filter_.queues);
    return lead == Lead::tag ? tagged("lead.job", 1) : tagged("jobs.seq", 0);
  }
  Builder& ordered(std::string_view column) {
    return text(" ORDER BY ")
        .text(column)
        .text(asked_.ascending ? " ASC LIMIT " : " DESC LIMIT ")
        .value(static_cast<std::int64_t>(asked_.limit + 1));
  }
  /// One branch for each value, each along the index, and the branches merged.
  template <class Values>
  Builder& branches(std::string_view column, std::string_view index, const Values& wanted, Lead lead) {
    text("SELECT seq FROM (");
    for (const auto& each : wanted) {
      if (&each != &wanted.front()) text(" UNION ALL ");
      text("SELECT seq FROM (").led_by(column, index, each).conditions(lead).ordered("seq").text(")");
    }
    return text(")").ordered("seq");
  }

  Query take() { return std::move(query_); }

 private:
  const ListQuery& asked_;
  const job::Filter& filter_;
  Query query_;
};

/// Each value once, or its jobs would be shown twice.
ListQuery normal(ListQuery query) {
  const auto each_once = [](auto& values) {
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
  };
  each_once(query.filter.states);
  each_once(query.filter.types);
  each_once(query.filter.queues);
  return query;
}

Statement run(Statements& sql, const Query& query) {
  Statement statement = sql.once(query.text);
  for (const auto& value : query.values) std::visit([&](auto bound) { statement.bind(bound); }, value);
  return statement;
}

/// How many jobs meet the condition on which `lead` leads: `look` when it is that many or more.
std::int64_t short_count(Statements& sql, const ListQuery& query, Lead lead) {
  const job::Filter& filter = query.filter;
  Builder counted(query);
  counted.text("SELECT count(*) FROM (");
  const auto each = [&](std::string_view column, std::string_view index, const auto& wanted) {
    for (const auto& value : wanted) {
      if (&value != &wanted.front()) counted.text(" UNION ALL ");
      counted.text("SELECT 1 FROM (").led_by(column, index, value).text(" LIMIT ").value(look).text(")");
    }
  };
  if (lead == Lead::state) each("state", "jobs_by_state", filter.states);
  if (lead == Lead::type) each("type", "jobs_by_type", filter.types);
  if (lead == Lead::queue) each("queue", "jobs_by_queue", filter.queues);
  if (lead == Lead::tag) {
    const auto& [name, wanted] = *filter.tags.begin();
    counted.text("SELECT 1 FROM tags AS lead WHERE ")
        .owned("lead.tenant")
        .text(" AND lead.name=")
        .value(name)
        .text(" AND lead.value=");
    counted.value(wanted).range("lead.job").text(" LIMIT ").value(look);
  }
  Statement row = run(sql, counted.text(")").take());
  row.step();
  return std::min(row.integer(0), look);
}

bool there_are_others(Statements& sql) {
  Statement& row = sql("SELECT 1 FROM tenants WHERE id>0 LIMIT 1");
  const bool found = row.step();
  row.start();
  return found;
}

/// Whether a page of the tenant's jobs is found by walking along everybody's: with few among many it is not.
bool is_dense(Statements& sql, const ListQuery& query) {
  if (!there_are_others(sql)) return true;
  const auto near = static_cast<std::int64_t>(4 * (query.limit + 1));
  Builder walked(query);
  walked.text("SELECT count(*), coalesce(sum(owner=")
      .value(static_cast<std::int64_t>(*query.filter.tenant))
      .text("), 0) FROM (SELECT tenant AS owner FROM jobs WHERE 1")
      .range("seq")
      .text(query.ascending ? " ORDER BY seq ASC LIMIT " : " ORDER BY seq DESC LIMIT ")
      .value(near)
      .text(")");
  Statement row = run(sql, walked.take());
  row.step();
  return row.integer(0) < near || row.integer(1) > static_cast<std::int64_t>(query.limit);
}

}  // namespace

const std::string_view lists_schema = R"(
  CREATE INDEX jobs_by_type ON jobs(type);
  CREATE INDEX jobs_by_queue ON jobs(queue);
)";

ListQuery planned(Statements& sql, const ListQuery& asked) {
  ListQuery query = normal(asked);
  job::Filter& filter = query.filter;
  const bool any =
      filter.states.empty() && filter.types.empty() && filter.queues.empty() && filter.tags.empty();
  if (!any || !filter.tenant || is_dense(sql, query)) return query;
  // Then along the index of states, which begins with the tenant: a branch for each.
  for (std::size_t i = 0; i < job::state_count; ++i) filter.states.push_back(static_cast<job::State>(i));
  return query;
}

Query page_query(const ListQuery& query, Lead lead) {
  Builder page(query);
  switch (lead) {
    case Lead::none:
      page.unled().conditions(lead).ordered("seq");
      break;
    case Lead::tag:
      page.led_by_tag().conditions(lead).ordered("lead.job");
      break;
    case Lead::state:
      page.branches("state", "jobs_by_state", query.filter.states, lead);
      break;
    case Lead::type:
      page.branches("type", "jobs_by_type", query.filter.types, lead);
      break;
    case Lead::queue:
      page.branches("queue", "jobs_by_queue", query.filter.queues, lead);
      break;
  }
  return page.take();
}

Lead best_lead(Statements& sql, const ListQuery& query) {
  const job::Filter& filter = query.filter;
  std::vector<Lead> possible;
  if (!filter.tags.empty()) possible.push_back(Lead::tag);
  if (!filter.queues.empty()) possible.push_back(Lead::queue);
  if (!filter.types.empty()) possible.push_back(Lead::type);
  if (!filter.states.empty()) possible.push_back(Lead::state);
  if (possible.empty()) return Lead::none;
  if (possible.size() == 1) return possible.front();
  return std::ranges::min(possible, {}, [&](Lead lead) { return short_count(sql, query, lead); });
}

Result<ListPage> list(Statements& sql, const ListQuery& asked) {
  const ListQuery query = planned(sql, asked);
  Query page_of = page_query(query, best_lead(sql, query));
  // One statement, so that a job is shown in the state for which it was found.
  page_of.text = fmt::format(
      "SELECT {} FROM ({}) AS page CROSS JOIN jobs ON jobs.seq=page.seq "
      "ORDER BY page.seq {}",
      job_columns, page_of.text, query.ascending ? "ASC" : "DESC");
  Statement row = run(sql, page_of);
  ListPage page;
  std::size_t bytes = 0;
  while (row.step()) {
    if (page.jobs.size() == query.limit || bytes > query.max_bytes) {
      page.next = page.jobs.back().ulid.sequence();
      break;
    }
    page.jobs.push_back(read_job(row));
    bytes += page.jobs.back().payload.size() + page.jobs.back().result.size();
  }
  return page;
}

Result<FoundJobs> find(Statements& sql, const ListQuery& asked) {
  const ListQuery query = planned(sql, asked);
  Query page_of = page_query(query, best_lead(sql, query));
  page_of.text = fmt::format(
      "SELECT jobs.seq, low FROM ({}) AS page CROSS JOIN jobs ON jobs.seq=page.seq "
      "ORDER BY page.seq {}",
      page_of.text, query.ascending ? "ASC" : "DESC");
  Statement row = run(sql, page_of);
  FoundJobs found;
  while (row.step()) {
    if (found.jobs.size() == query.limit)
      found.next = found.jobs.back().sequence();
    else
      found.jobs.push_back(ulid_of(row.integer(0), row.integer(1)));
  }
  return found;
}

}  // namespace waypost::store::sqlite
