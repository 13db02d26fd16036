#include "waypost/engine/engine.hpp"

#include "engine/engine_impl.hpp"

namespace waypost::engine {
namespace {

store::Reply<job::Decision> job_of(store::Reply<job::Job> reply) {
  auto note = reply.take_note();
  auto pass_on = [reply = std::move(reply)](Result<job::Decision> decision) mutable {
    if (decision)
      reply(std::move(decision->job));
    else
      reply(std::unexpected(std::move(decision.error())));
  };
  return {std::move(pass_on), std::move(note)};
}

}  // namespace

Error draining_error() {
  return {.code = Code::draining,
          .message = "the service is shutting down; send the request again in a moment",
          .retry_after_seconds = 5};
}

Engine::Engine(store::JobStore& store, store::QueueStore& queues, const operation::Registry& operations,
               Clock& clock, std::vector<operation::IoContext> io, Options options)
    : impl_(std::make_unique<Impl>(store, queues, operations, clock, std::move(io), std::move(options))) {}

Engine::~Engine() = default;

void Engine::add_listener(Listener listener) {
  impl_->listeners_.push_back(std::move(listener));
}

Result<void> Engine::start() {
  return impl_->start();
}

void Engine::submit(store::Submission submission, store::Reply<store::Submitted> reply) {
  if (draining()) return reply(std::unexpected(draining_error()));
  impl_->store_.submit(std::move(submission), std::move(reply));
}

void Engine::steer(store::OwnedId id, job::Command command, store::Reply<job::Job> reply) {
  impl_->store_.change(id, std::move(command), job_of(std::move(reply)));
}

/// The engine is reached by its door only, which is closed when it is gone.
struct Watch::Place {
  std::shared_ptr<Door> door;
  Engine::Impl* engine;
  std::uint64_t key;
};

Watch::Watch(std::unique_ptr<Place> place) : place_(std::move(place)) {}
Watch::Watch(Watch&& other) noexcept = default;

Watch::~Watch() {
  if (place_) place_->door->post([engine = place_->engine, key = place_->key] { engine->unwatch(key); });
}

void Watch::next(Time deadline, Woken woken) {
  place_->door->post([engine = place_->engine, key = place_->key, deadline,
                      woken = std::move(woken)]() mutable { engine->wait(key, deadline, std::move(woken)); });
}

Watch Engine::watch(Ulid id, Watch::For what) {
  return Watch(
      std::make_unique<Watch::Place>(Watch::Place{impl_->door(), impl_.get(), impl_->watch(id, what)}));
}

void Engine::stats(std::optional<Tenant> tenant, store::Reply<Stats> reply) {
  impl_->post(
      [impl = impl_.get(), tenant, reply = std::move(reply)]() mutable { reply(impl->stats(tenant)); });
}

void Engine::explain(store::OwnedId id, store::Reply<Explanation> reply) {
  impl_->post(
      [impl = impl_.get(), id, reply = std::move(reply)]() mutable { impl->explain(id, std::move(reply)); });
}

void Engine::set_queue(std::string name, QueueChange change, store::Reply<QueueFigures> reply) {
  impl_->post([impl = impl_.get(), name = std::move(name), change, reply = std::move(reply)]() mutable {
    impl->set_queue(std::move(name), change, std::move(reply));
  });
}

void Engine::configure_queues(std::map<std::string, QueueSettings, std::less<>> queues) {
  impl_->post([impl = impl_.get(), queues = std::move(queues)]() mutable {
    impl->configure_queues(std::move(queues));
  });
}

void Engine::set_max_manifest_bytes(std::uint64_t bytes) {
  impl_->set_max_manifest_bytes(bytes);
}

void Engine::look_at_time() {
  impl_->post([impl = impl_.get()] { impl->look_at_time(); });
}

void Engine::report_chunks(job::Job job, store::Reply<std::vector<store::ChunkRecord>> reply) {
  impl_->post([impl = impl_.get(), job = std::move(job), reply = std::move(reply)]() mutable {
    impl->report_chunks(std::move(job), std::move(reply));
  });
}

std::filesystem::path Engine::report_file(const Ulid& id) const {
  return impl_->options_.reports / (format_id(job::id_prefix, id) + ".report");
}

void Engine::drain(Milliseconds limit, std::function<void()> done) {
  impl_->draining_.store(true);
  impl_->post(
      [impl = impl_.get(), limit, done = std::move(done)]() mutable { impl->drain(limit, std::move(done)); });
}

bool Engine::draining() const {
  return impl_->draining_.load();
}

}  // namespace waypost::engine
