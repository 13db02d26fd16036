#include "app/io_thread.hpp"

#include "waypost/base/thread_name.hpp"

namespace waypost::app {

void IoThread::start() {
  thread_ = std::thread([this] {
    name_thread("wp-io", number_);
    context_.run();
  });
}

void IoThread::stop() {
  work_.reset();
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace waypost::app
