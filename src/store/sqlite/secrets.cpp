#include "store/sqlite/secrets.hpp"

#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {
namespace {

using Place = SecretStore::Place;

/// One step of a walk: what each subject does with its rows after a place.
struct Walk {
  Session& session;
  Place at;
  std::size_t limit;
  const SecretStore::Reseal& reseal;
  std::size_t changed = 0;

  Statements& sql() const { return session.sql(); }
  /// Replaces the text when that is called for.
  bool renew(std::string& sealed) {
    auto fresh = reseal(sealed);
    if (!fresh) return false;
    sealed = std::move(*fresh);
    ++changed;
    return true;
  }
};

struct Row {
  std::int64_t number;
  std::string text;
};
/// The next rows of a table with numbers: `select` binds the number before and the limit.
std::vector<Row> next_rows(Walk& walk, std::string_view select) {
  std::vector<Row> rows;
  Statement& row = walk.sql()(select).bind(walk.at.number).bind(walk.limit);
  while (row.step()) rows.push_back({row.integer(0), std::string(row.text(1))});
  if (!rows.empty()) walk.at.number = rows.back().number;
  return rows;
}

// Each answers whether the subject has more rows.

bool walk_jobs(Walk& walk) {
  const auto rows = next_rows(walk, "SELECT seq, spec FROM jobs WHERE seq>? ORDER BY seq LIMIT ?");
  for (const auto& [number, packed] : rows) {
    if (packed.find("\"webhook\"") == std::string::npos) continue;
    job::Spec spec;
    job::unpack(packed, spec);
    if (!spec.webhook || !walk.renew(spec.webhook->secret)) continue;
    const std::string fresh = job::pack(spec);
    walk.sql()("UPDATE jobs SET spec=? WHERE seq=?").bind(std::string_view(fresh)).bind(number).run();
    walk.session.reread(number);
  }
  return rows.size() == walk.limit;
}

bool walk_endpoints(Walk& walk) {
  const auto& all = walk.session.endpoints().all();
  std::vector<Endpoint> next;
  for (auto at = all.upper_bound(walk.at.number); at != all.end() && next.size() < walk.limit; ++at)
    next.push_back(at->second);
  for (Endpoint& endpoint : next) {
    bool fresh = walk.renew(endpoint.sealed_secret);
    for (auto& old : endpoint.old_secrets) fresh |= walk.renew(old.sealed);
    for (auto& header : endpoint.headers) fresh |= walk.renew(header.sealed_value);
    if (fresh) walk.session.endpoints().write(endpoint);
    walk.at.number = endpoint.ulid.sequence();
  }
  return next.size() == walk.limit;
}

bool walk_outbox(Walk& walk) {
  auto rows = next_rows(walk, "SELECT seq, secret FROM outbox WHERE seq>? ORDER BY seq LIMIT ?");
  for (auto& [number, secret] : rows)
    if (walk.renew(secret))
      walk.sql()("UPDATE outbox SET secret=? WHERE seq=?").bind(std::string_view(secret)).bind(number).run();
  return rows.size() == walk.limit;
}

/// Bodies may be long, and few are sealed: the others are not read.
bool walk_answers(Walk& walk) {
  struct Answer {
    Place place;
    std::string body;
  };
  std::vector<Answer> answers;
  Statement& row = walk.sql()(
                           "SELECT tenant, key, iif(substr(body, 1, 3)=x'656e63', body, '') FROM answers "
                           "WHERE (tenant, key)>(?,?) ORDER BY tenant, key LIMIT ?")
                       .bind(static_cast<std::int64_t>(walk.at.tenant))
                       .bind(std::string_view(walk.at.name))
                       .bind(walk.limit);
  while (row.step())
    answers.push_back({{.subject = walk.at.subject,
                        .tenant = static_cast<Tenant>(row.integer(0)),
                        .name = std::string(row.text(1))},
                       std::string(row.text(2))});
  for (auto& [place, body] : answers)
    if (walk.renew(body))
      walk.sql()("UPDATE answers SET body=? WHERE tenant=? AND key=?")
          .bind_blob(body)
          .bind(static_cast<std::int64_t>(place.tenant))
          .bind(std::string_view(place.name))
          .run();
  if (!answers.empty()) walk.at = answers.back().place;
  return answers.size() == walk.limit;
}

bool walk_operations(Walk& walk) {
  std::vector<std::pair<std::string, std::string>> operations;
  Statement& row = walk.sql()("SELECT type, definition FROM operations WHERE type>? ORDER BY type LIMIT ?")
                       .bind(std::string_view(walk.at.name))
                       .bind(walk.limit);
  while (row.step()) operations.emplace_back(row.text(0), row.text(1));
  for (auto& [type, definition] : operations) {
    if (walk.renew(definition))
      walk.sql()("UPDATE operations SET definition=? WHERE type=?")
          .bind(std::string_view(definition))
          .bind(std::string_view(type))
          .run();
    walk.at.name = type;
  }
  return operations.size() == walk.limit;
}

constexpr std::array subjects{walk_jobs, walk_endpoints, walk_outbox, walk_answers, walk_operations};

SecretStore::Step step(Session& session, Place from, std::size_t limit, const SecretStore::Reseal& reseal) {
  Walk walk{.session = session, .at = std::move(from), .limit = limit, .reseal = reseal};
  if (!subjects.at(walk.at.subject)(walk)) walk.at = {.subject = walk.at.subject + 1, .name = {}};
  const bool more = walk.at.subject < subjects.size();
  return {.next = more ? std::optional(std::move(walk.at)) : std::nullopt, .changed = walk.changed};
}

}  // namespace

void Secrets::reseal(Place from, std::size_t limit, Reseal reseal, Reply<Step> reply) {
  access_.write<Step>([from = std::move(from), limit, reseal = std::move(reseal)](
                          Session& session) -> Result<Step> { return step(session, from, limit, reseal); },
                      std::move(reply));
}

}  // namespace waypost::store::sqlite
