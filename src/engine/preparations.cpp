#include "engine/preparations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "waypost/base/log.hpp"

namespace waypost::engine {

namespace {

/// Manifests that are fetched at once.
constexpr std::size_t most = 4;
constexpr std::size_t page_size = 100;

}  // namespace

Preparations::Preparations(std::shared_ptr<Door> door, store::JobStore& store,
                           std::span<const operation::IoContext> io, FetchNeeds needs)
    : door_(std::move(door)), store_(store), io_(io), needs_(std::move(needs)) {}

void Preparations::start() {
  read_page({});
}

void Preparations::read_page(std::optional<std::int64_t> after) {
  const store::ListQuery query{
      .filter = {.states = {job::State::preparing}}, .ascending = true, .after = after, .limit = page_size};
  store_.list(query, through<store::ListPage>(door_, [this](const Result<store::ListPage>& page) {
                if (!page) {
                  log::error("jobs that were preparing cannot be read", {{"error", page.error().message}});
                  return;
                }
                for (const job::Job& job : page->jobs) add(job.ulid);
                if (page->next) read_page(page->next);
              }));
}

void Preparations::changed(const store::Change& change) {
  const bool before = change.before == job::State::preparing;
  const bool after = change.after == job::State::preparing && !change.forgotten;
  if (after && !before) add(change.ulid);
  if (before && !after) drop(change);
}

void Preparations::add(const Ulid& id) {
  if (running_.contains(id.sequence()) || std::ranges::find(waiting_, id) != waiting_.end()) return;
  waiting_.push_back(id);
  begin_some();
}

void Preparations::drop(const store::Change& change) {
  std::erase(waiting_, change.ulid);
  const auto at = running_.find(change.ulid.sequence());
  const bool cancelled = change.after == job::State::cancelling;
  if (at == running_.end()) {
    if (cancelled) tell(change.ulid, job::Stopped{.fence = change.fence});
    return;
  }
  if (cancelled) at->second.cancelled = change.fence;
  abort(at->second.fetch);
}

void Preparations::stop() {
  stopped_ = true;
  waiting_.clear();
  for (const auto& [sequence, running] : running_) abort(running.fetch);
}

void Preparations::abort(const std::shared_ptr<ManifestFetch>& fetch) {
  if (fetch) asio::post(fetch->context(), [fetch] { fetch->abort(); });
}

void Preparations::begin_some() {
  while (!stopped_ && !waiting_.empty() && running_.size() < most) {
    const Ulid id = waiting_.front();
    waiting_.pop_front();
    running_.try_emplace(id.sequence());
    store_.get(id, through<job::Job>(door_, [this, id](Result<job::Job> job) { begin(id, std::move(job)); }));
  }
}

void Preparations::begin(const Ulid& id, Result<job::Job> job) {
  Running& running = running_.at(id.sequence());
  if (!job || job->state != job::State::preparing || running.cancelled || stopped_)
    return ended(id,
                 std::unexpected(FetchFailure{.code = "aborted", .message = "it is not wanted any more"}));
  running.fetch = std::make_shared<ManifestFetch>(io_[next_io_++ % io_.size()], needs_, std::move(*job));
  auto work = [](std::shared_ptr<ManifestFetch> fetch, std::shared_ptr<Door> door, Preparations* self,
                 Ulid job) -> asio::awaitable<void> {
    auto fetched = co_await fetch->run();
    door->post([self, job, fetched = std::move(fetched)] { self->ended(job, fetched); });
  };
  asio::co_spawn(running.fetch->context(), work(running.fetch, door_, this, id), asio::detached);
}

void Preparations::ended(const Ulid& id, const std::expected<job::Batch, FetchFailure>& fetched) {
  const auto at = running_.find(id.sequence());
  const auto cancelled = at->second.cancelled;
  running_.erase(at);
  if (cancelled)
    tell(id, job::Stopped{.fence = *cancelled});
  else if (stopped_)
    return;  // the next start begins anew
  else if (fetched)
    tell(id, job::Prepare{.batch = *fetched});
  else
    tell(id, job::FailPreparing{.code = fetched.error().code, .message = fetched.error().message});
  begin_some();
}

void Preparations::tell(const Ulid& id, const job::Command& command) {
  store_.change(
      id, command, through<job::Decision>(door_, [id](const Result<job::Decision>& decision) {
        // A conflict: it was cancelled, or its time was over, at this moment.
        if (decision || decision.error().code == Code::conflict) return;
        log::error("what came of preparing a batch cannot be stored; it is prepared again at the next start",
                   {{"job_id", format_id(job::id_prefix, id)}, {"error", decision.error().message}});
      }));
}

}  // namespace waypost::engine
