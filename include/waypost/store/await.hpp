#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "waypost/base/asio.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::store {

/// Waits in a coroutine for a call that answers through a Reply; resumes on the coroutine's own executor.
/// `note` goes with a write.
///   auto job = co_await store::reply<job::Job>([&](auto done) { store.get(id, std::move(done)); });
template <class T, class Start>
asio::awaitable<Result<T>> reply(Start start, Note note = nullptr) {
  auto initiate = [&start, &note](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    auto resume = [handler = std::move(handler), executor](Result<T> result) mutable {
      asio::post(executor, [handler = std::move(handler), result = std::move(result)]() mutable {
        std::move(handler)(std::move(result));
      });
    };
    start(Reply<T>(std::move(resume), std::move(note)));
  };
  co_return co_await asio::async_initiate<const decltype(asio::use_awaitable), void(Result<T>)>(
      initiate, asio::use_awaitable);
}

}  // namespace waypost::store
