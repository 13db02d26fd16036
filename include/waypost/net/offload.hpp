#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "waypost/base/asio.hpp"
#include "waypost/base/error.hpp"

namespace waypost::net {

/// Runs `work`, which blocks on files and returns a Result, on a thread of `pool`; resumes on the coroutine's
/// own executor. What `work` refers to must stay put until then. What it throws becomes Code::internal.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> offload(asio::thread_pool& pool, Work work) {
  using T = std::invoke_result_t<Work&>;
  auto initiate = [&pool, &work](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    asio::post(pool, [&work, handler = std::move(handler), executor]() mutable {
      T result = [&work]() -> T {
        try {
          return work();
        } catch (const std::exception& failure) {
          return fail(Code::internal, "a file operation failed", failure.what());
        }
      }();
      asio::post(executor, [handler = std::move(handler), result = std::move(result)]() mutable {
        std::move(handler)(std::move(result));
      });
    });
  };
  co_return co_await asio::async_initiate<const decltype(asio::use_awaitable), void(T)>(initiate,
                                                                                        asio::use_awaitable);
}

}  // namespace waypost::net
