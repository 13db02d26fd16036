#include <gmock/gmock.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "waypost/base/clock.hpp"
#include "waypost/operation/builtin.hpp"

namespace waypost::operation {
namespace {

using asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// One request to a loopback target that answers with the bytes it is given, on a port of the kernel's choice.
class HttpRun : public ::testing::Test {
 protected:
  Outcome run(std::string payload, std::string answer, Task task = {}) {
    const std::size_t place = payload.find("TARGET");
    payload.replace(place, 6, "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()));
    task.payload = payload;
    std::optional<Outcome> outcome;
    const auto serve = [&]() -> asio::awaitable<void> { co_await serve_one(std::move(answer)); };
    const auto attempt = [&]() -> asio::awaitable<void> {
      outcome = co_await dynamic_cast<const WaitingOperation&>(*http_).run(task, {context_, client_}, abort_);
      client_.close_idle();
      acceptor_.close();
    };
    asio::co_spawn(context_, serve, asio::detached);
    asio::co_spawn(context_, attempt, asio::detached);
    context_.run();
    return outcome.value();
  }

  std::string received_;
  net::Abort abort_;
  asio::io_context context_;

 private:
  // An empty answer is none at all: the job is broken off instead.
  asio::awaitable<void> serve_one(std::string answer) {
    tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
    const std::size_t head = co_await asio::async_read_until(socket, asio::dynamic_buffer(received_),
                                                             "\r\n\r\n", asio::use_awaitable);
    const std::size_t field = received_.find("Content-Length: ");
    const std::size_t body = field < head ? std::stoul(received_.substr(field + 16)) : 0;
    const std::size_t missing = head + body - received_.size();
    if (missing > 0) {
      std::string rest(missing, '\0');
      co_await asio::async_read(socket, asio::buffer(rest), asio::use_awaitable);
      received_ += rest;
    }
    if (answer.empty()) abort_.request();
    co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
  }

  net::EgressPolicy policy_ = *net::EgressPolicy::make({"127.0.0.1/32"}, {}, false);
  SystemClock clock_;
  net::Client client_{context_, policy_, {}};
  tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
  std::unique_ptr<Operation> http_ = make_http(policy_, clock_);
};

TEST_F(HttpRun, SendsItsCallAndReturnsTheAnswer) {
  const Outcome outcome =
      run(R"({"url":"TARGET/resize?w=1","headers":{"X-Mine":"yes"},"body":{"image": 7}})",
          "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"id\":1}",
          {.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
  ASSERT_TRUE(std::holds_alternative<Success>(outcome)) << std::get<Failure>(outcome).message;
  EXPECT_THAT(std::get<Success>(outcome).body, StartsWith(R"({"status":201,)"));
  EXPECT_THAT(std::get<Success>(outcome).body, HasSubstr(R"("body":{"id":1}})"));
  EXPECT_THAT(received_, StartsWith("POST /resize?w=1 HTTP/1.1\r\n"));
  EXPECT_THAT(received_, HasSubstr("X-Mine: yes\r\n"));
  EXPECT_THAT(received_, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(received_,
              HasSubstr("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
  EXPECT_THAT(received_, ::testing::EndsWith("\r\n\r\n{\"image\": 7}"));
}

TEST_F(HttpRun, WaitsAsLongAsTheTargetAsks) {
  const Outcome outcome =
      run(R"({"url":"TARGET/"})", "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
  const auto& failure = std::get<Failure>(outcome);
  EXPECT_EQ(failure.code, "http_status");
  EXPECT_TRUE(failure.retry);
  EXPECT_EQ(failure.retry_after, std::chrono::seconds(7));
}

TEST_F(HttpRun, RefusesAnAnswerOverOneMebibyte) {
  const std::string large(1048577, 'x');
  const Outcome outcome =
      run(R"({"url":"TARGET/"})", "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n" + large);
  EXPECT_EQ(std::get<Failure>(outcome).code, "response_too_large");
  EXPECT_FALSE(std::get<Failure>(outcome).retry);
}

TEST_F(HttpRun, DropsItsCallWhenAborted) {
  const Outcome outcome = run(R"({"url":"TARGET/"})", "");
  EXPECT_EQ(std::get<Failure>(outcome).code, "aborted");
}

}  // namespace
}  // namespace waypost::operation
