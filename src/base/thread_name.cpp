#include "waypost/base/thread_name.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <latch>
#include <string>

namespace waypost {

void name_thread(std::string_view name) {
  constexpr std::size_t most = 15;  // pthread_setname_np(3)
  pthread_setname_np(pthread_self(), std::string(name.substr(0, most)).c_str());
}

void name_thread(std::string_view name, std::size_t number) {
  name_thread(std::string(name) + "-" + std::to_string(number));
}

void name_threads(boost::asio::thread_pool& pool, std::size_t size, std::string_view name) {
  // Each waits for the others, or one might take the turns of all.
  std::latch all(static_cast<std::ptrdiff_t>(size)), named(static_cast<std::ptrdiff_t>(size));
  for (std::size_t i = 0; i < size; ++i)
    boost::asio::post(pool, [&all, &named, name, i] {
      name_thread(name, i);
      all.arrive_and_wait();
      named.count_down();
    });
  named.wait();
}

}  // namespace waypost
