#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "waypost/base/asio.hpp"

namespace waypost::test {

/// Runs `context` on this thread until `work` has ended, and no longer: idle connections may stay.
template <class T>
T run_until_done(boost::asio::io_context& context, asio::awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr thrown;
  boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr exception, T value) {
    thrown = exception;
    result.emplace(std::move(value));
    context.stop();
  });
  context.restart();
  context.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*result);
}

/// A server on a free loopback port that does what the test says with each connection, one after the other,
/// on a thread of its own. An exception from `serve`, such as a peer that hung up, ends that connection
/// alone.
class ScriptedPeer {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  ScriptedPeer(int connections, std::function<void(Socket&, int)> serve)
      : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this, connections, serve = std::move(serve)] {
          for (int i = 0; i < connections; ++i) {
            Socket socket(context_);
            boost::system::error_code error;
            acceptor_.accept(socket, error);
            if (error) return;
            try {
              serve(socket, i);
            } catch (const std::exception&) {
              continue;
            }
          }
        }) {}
  ~ScriptedPeer() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes a thread that still waits in accept
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

/// Reads a request without a body up to its empty line.
template <class Stream>
std::string read_head(Stream& stream) {
  std::string text;
  boost::asio::read_until(stream, boost::asio::dynamic_buffer(text), "\r\n\r\n");
  return text;
}

template <class Stream>
void write_text(Stream& stream, const std::string& text) {
  boost::asio::write(stream, boost::asio::buffer(text));
}

/// Waits until the peer hangs up.
template <class Stream>
void wait_for_close(Stream& stream) {
  std::string rest;
  boost::system::error_code ended;
  boost::asio::read(stream, boost::asio::dynamic_buffer(rest), ended);
}

}  // namespace waypost::test
