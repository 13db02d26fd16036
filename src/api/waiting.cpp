#include "api/waiting.hpp"

#include "waypost/store/await.hpp"

namespace waypost::api {

asio::awaitable<void> wait_for(const Services& services, Ulid id, engine::Until until, Seconds limit) {
  const Time deadline = services.clock.now() + limit;
  auto begin = [&](store::Reply<void> done) {
    services.engine.wait(id, until, deadline, [done = std::move(done)]() mutable { done({}); });
  };
  co_await store::reply<void>(std::move(begin));
}

}  // namespace waypost::api
