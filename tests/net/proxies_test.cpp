#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/net_raw_client.hpp"
#include "support/net_test_server.hpp"
#include "support/store_fixture.hpp"

/// The server behind real proxies: what they pass on is what it sees. Skipped where they are not installed.
namespace waypost::test {
namespace {

using namespace std::string_literals;
using testing::ElementsAreArray;

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(socket, plain, length) == 0 && ::getsockname(socket, plain, &length) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// A program in the foreground, ended with this object.
class Program {
 public:
  explicit Program(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close_range(STDERR_FILENO + 1, ~0U, 0);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    if (pid_ < 0) throw std::runtime_error("cannot run " + words[0]);
  }
  ~Program() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  bool ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }

 private:
  pid_t pid_;
};

struct ProxyKind {
  std::string name;
  std::string binary;
  std::string (*configuration)(std::uint16_t port, std::uint16_t behind, const std::string& directory);
  std::vector<std::string> (*arguments)(const std::string& file);
};

std::string nginx_configuration(std::uint16_t port, std::uint16_t behind, const std::string& directory) {
  std::string temporary;
  for (const std::string part : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += part + "_temp_path " + directory + "/" + part + "; ";
  return "daemon off; master_process off; pid " + directory + "/pid; error_log " + directory +
         "/log; events {} http { access_log off; " + temporary +
         "upstream behind { server 127.0.0.1:" + std::to_string(behind) +
         "; keepalive 4; } server { listen 127.0.0.1:" + std::to_string(port) +
         "; client_max_body_size 0; location / { proxy_pass http://behind; proxy_http_version 1.1; "
         "proxy_set_header Connection ''; proxy_set_header Host $http_host; proxy_request_buffering off; } } "
         "}\n";
}

std::string haproxy_configuration(std::uint16_t port, std::uint16_t behind, const std::string&) {
  return "defaults\n  mode http\n  timeout client 20s\n  timeout server 20s\n  timeout connect 5s\n"
         "frontend front\n  bind 127.0.0.1:" +
         std::to_string(port) +
         "\n  default_backend behind\nbackend behind\n  server waypost 127.0.0.1:" + std::to_string(behind) +
         "\n";
}

const ProxyKind nginx{"nginx", "/usr/sbin/nginx", nginx_configuration, [](const std::string& file) {
                        return std::vector<std::string>{"/usr/sbin/nginx", "-e", "stderr", "-c", file};
                      }};
const ProxyKind haproxy{"haproxy", "/usr/sbin/haproxy", haproxy_configuration, [](const std::string& file) {
                          return std::vector<std::string>{"/usr/sbin/haproxy", "-db", "-q", "-f", file};
                        }};

class BehindProxy : public testing::TestWithParam<ProxyKind> {
 protected:
  void SetUp() override {
    const ProxyKind& kind = GetParam();
    if (!std::filesystem::exists(kind.binary)) GTEST_SKIP() << kind.name << " is not installed";
    service_.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 8 << 20}; };
    service_.on_handle = [this](const net::Request& request) { return note(request); };
    server_.emplace(service_);
    // Another process may take the port in between: then once more.
    for (int attempt = 0; attempt < 5; ++attempt) {
      port = free_port();
      const auto file = (directory_ / "configuration").string();
      std::ofstream(file) << kind.configuration(port, server_->port(), (directory_ / "").string());
      program_.emplace(kind.arguments(file));
      while (!program_->ended()) {
        if (passes_on()) return;
        std::this_thread::yield();
      }
    }
    FAIL() << kind.name << " does not start";
  }

  /// What the server was asked, as "METHOD target body".
  std::vector<std::string> seen() {
    const std::scoped_lock lock(mutex_);
    return seen_;
  }

  std::uint16_t port = 0;

 private:
  /// Whether a request gets through. That something takes connections says little: with nobody there a socket
  /// can connect to itself, and it may be another's port by now.
  bool passes_on() {
    try {
      RawClient client(port);
      client.send("GET /up HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      if (client.receive().body != "seen") return false;
    } catch (const std::exception&) {
      return false;
    }
    const std::scoped_lock lock(mutex_);
    return !std::exchange(seen_, {}).empty();
  }

  asio::awaitable<net::Response> note(const net::Request& request) {
    {
      const std::scoped_lock lock(mutex_);
      seen_.push_back(std::string(request.head.method) + " " + std::string(request.head.target) + " " +
                      std::string(request.body));
    }
    co_return text_response("seen");
  }

  std::mutex mutex_;
  std::vector<std::string> seen_;
  const TempDirectory directory_;
  ScriptedService service_;
  std::optional<TestServer> server_;
  std::optional<Program> program_;
};

TEST_P(BehindProxy, WhatWasSentIsWhatIsSeen) {
  const std::string large(300'000, 'b');
  const std::string inner = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto chunked = [](const std::string& body) { return "Transfer-Encoding: chunked\r\n\r\n" + body; };
  const auto with_length = [](const std::string& body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  struct Sent {
    std::string line, rest, seen;
  };
  const std::vector<Sent> requests{
      {"GET /a?b=c&d=%20e+f", "\r\n", "GET /a?b=c&d=%20e+f "},
      {"GET //a/%2e%2e/%2F%25/b", "\r\n", "GET //a/%2e%2e/%2F%25/b "},
      {"GET /caf%C3%A9?q=Z%C3%BCrich", "\r\n", "GET /caf%C3%A9?q=Z%C3%BCrich "},
      {"DELETE /a", "A: 1\r\nA: 2\r\n\r\n", "DELETE /a "},
      {"POST /a", with_length(""), "POST /a "},
      {"POST /a", with_length("abc"), "POST /a abc"},
      {"POST /a", with_length(large), "POST /a " + large},
      {"POST /a", with_length(inner), "POST /a " + inner},
      {"POST /a", chunked("0\r\n\r\n"), "POST /a "},
      {"POST /a", chunked("3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n"), "POST /a abcde"},
      {"POST /a", chunked("23\r\n" + inner + "\r\n0\r\n\r\n"), "POST /a " + inner},
      {"PUT /a", chunked("493E0\r\n" + large + "\r\n0\r\n\r\n"), "PUT /a " + large},
  };
  std::vector<std::string> expected;
  RawClient client(port);
  for (const auto& [line, rest, seen] : requests) {
    SCOPED_TRACE(line);
    ASSERT_TRUE(client.send(line + " HTTP/1.1\r\nHost: x\r\n" + rest));
    EXPECT_EQ(client.receive().body, "seen");
    expected.push_back(seen);
  }
  EXPECT_THAT(seen(), ElementsAreArray(expected));
}

TEST_P(BehindProxy, PipelinedRequestsStayApartAndInOrder) {
  RawClient client(port);
  client.send(
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.receive().body, "seen");
  EXPECT_THAT(seen(), testing::ElementsAre("POST /1 abc", "POST /2 def", "GET /3 "));
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
    ++found;
  return found;
}

/// Whether the proxy refuses such a request or mends it: no request gets here that was none to the proxy,
/// which answers each that it knows of.
TEST_P(BehindProxy, NothingIsSmuggledPastIt) {
  const std::string body = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string last = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(body.size());
  const std::vector<std::string> fields{
      length + "\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\n" + length,
      length + "\r\nTransfer-Encoding : chunked",
      length + "\r\nTransfer-Encoding:\x0b" + "chunked",
      length + "\r\nTransfer-Encoding: xchunked",
      length + "\r\nTransfer-Encoding: identity, chunked",
      length + "\r\nTransfer-Encoding: chunked, identity",
      length + "\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: cow",
      length + "\r\nA: b\nTransfer-Encoding: chunked",
      length + "\r\nA: b\rTransfer-Encoding: chunked",
      length + "\r\nTransfer-Encoding:\r\n chunked",
      length + "\r\nContent-Length: 0",
      "Content-Length: 0\r\n" + length,
      length + ", 0",
      "Content-Length: +" + std::to_string(body.size()),
      "Content-Length: 0x" + std::to_string(body.size()),
  };
  for (const auto& some : fields) {
    const std::size_t before = seen().size();
    RawClient client(port);
    client.send("POST /a HTTP/1.1\r\nHost: x\r\n" + some + "\r\n\r\n" + body + last);
    const std::string answers = client.receive_all();
    EXPECT_EQ(seen().size() - before, count(answers, "\r\n\r\nseen"))
        << testing::PrintToString(some) << answers;
  }
}

INSTANTIATE_TEST_SUITE_P(Real, BehindProxy, testing::Values(nginx, haproxy),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace waypost::test
