#include "api/waiting.hpp"

#include "waypost/store/await.hpp"

namespace waypost::api {

asio::awaitable<bool> next(engine::Watch& watch, Time deadline) {
  auto begin = [&](store::Reply<bool> done) {
    watch.next(deadline, [done = std::move(done)](bool told) mutable { done(told); });
  };
  const auto told = co_await store::reply<bool>(std::move(begin));
  co_return told.value_or(false);
}

}  // namespace waypost::api
