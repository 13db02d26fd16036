#include "waypost/base/thread_name.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <boost/asio/post.hpp>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace waypost {
namespace {

std::string own_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

TEST(ThreadName, IsTheCallersAloneAndCutToWhatLinuxKeeps) {
  const std::string before = own_name();
  std::thread([] {
    name_thread("wp-io", 7);
    EXPECT_EQ(own_name(), "wp-io-7");
    name_thread("wp-a-name-that-is-too-long");
    EXPECT_EQ(own_name(), "wp-a-name-that-");
  }).join();
  EXPECT_EQ(own_name(), before);
}

TEST(ThreadName, EachThreadOfAPoolHasItsOwn) {
  boost::asio::thread_pool pool(3);
  name_threads(pool, 3, "wp-pool");
  std::mutex mutex;
  std::set<std::string> names;
  for (int i = 0; i < 30; ++i)
    boost::asio::post(pool, [&] {
      const std::scoped_lock lock(mutex);
      names.insert(own_name());
    });
  pool.join();
  for (const auto& name : names)
    EXPECT_TRUE((std::set<std::string>{"wp-pool-0", "wp-pool-1", "wp-pool-2"}.contains(name))) << name;
}

}  // namespace
}  // namespace waypost
