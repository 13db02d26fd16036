#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

/// Boost.Asio as Waypost speaks it: every coroutine runs on an `io_context`, so awaitables name that executor
/// instead of erasing its type, which would cost each suspension two allocations and several indirect calls.
namespace waypost::asio {

using namespace boost::asio;  // NOLINT(google-build-using-namespace): this is the namespace, with two changes

template <class T>
using awaitable = boost::asio::awaitable<T, io_context::executor_type>;
inline constexpr boost::asio::use_awaitable_t<io_context::executor_type> use_awaitable;

}  // namespace waypost::asio
