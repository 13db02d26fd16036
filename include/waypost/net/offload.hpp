#pragma once

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <optional>
#include <type_traits>

#include "waypost/base/asio.hpp"
#include "waypost/base/error.hpp"

namespace waypost::net {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

/// Runs `work`, which blocks or computes for long, on a thread of `pool`; resumes on the coroutine's own
/// executor. What `work` refers to must stay put until then. What it throws becomes Code::internal where it
/// returns a Result, and is thrown to the caller elsewhere.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> offload(asio::thread_pool& pool, Work work) {
  using T = std::invoke_result_t<Work&>;
  std::optional<T> result;
  std::exception_ptr thrown;
  co_await asio::post(asio::bind_executor(pool.get_executor(), asio::use_awaitable));
  try {
    result.emplace(work());
  } catch (const std::exception& failure) {
    if constexpr (is_result<T>) {
      result = fail(Code::internal, "work in the background failed", failure.what());
    } else {
      thrown = std::current_exception();
    }
  }
  co_await asio::post(asio::use_awaitable);
  if (thrown) std::rethrow_exception(thrown);
  co_return std::move(*result);
}

}  // namespace waypost::net
