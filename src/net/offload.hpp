#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <type_traits>
#include "waypost/base/asio.hpp"

namespace waypost::net {

/// Runs `work` on a thread of `pool` and resumes the caller on its own thread. `work` touches only what it
/// was given. What it throws is thrown to the caller.
template <class Work>
asio::awaitable<std::invoke_result_t<Work>> run_on(asio::thread_pool& pool, Work work) {
  std::optional<std::invoke_result_t<Work>> result;
  std::exception_ptr thrown;
  co_await asio::post(asio::bind_executor(pool.get_executor(), asio::use_awaitable));
  try {
    result.emplace(work());
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await asio::post(asio::use_awaitable);
  if (thrown) std::rethrow_exception(thrown);
  co_return std::move(*result);
}

}  // namespace waypost::net
