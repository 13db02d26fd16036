#pragma once

#include <boost/asio/thread_pool.hpp>
#include <string_view>

namespace waypost {

/// What `top -H`, `ps -L` and a debugger call the calling thread; cut to the 15 bytes that Linux keeps. The
/// main thread is better left alone: its name is the process's.
void name_thread(std::string_view name);
/// The same with a number behind it, "wp-io-0", for one of several.
void name_thread(std::string_view name, std::size_t number);
/// Names the threads of a pool of `size`, before it has anything to do. Blocks until each has its name.
void name_threads(boost::asio::thread_pool& pool, std::size_t size, std::string_view name);

}  // namespace waypost
