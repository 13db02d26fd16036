#include "net/name_lookup.hpp"

#include <netdb.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>

#include "waypost/base/thread_name.hpp"

namespace waypost::net {

namespace {

using Endpoint = asio::ip::tcp::endpoint;

constexpr std::size_t threads = 8;

asio::thread_pool& resolver_threads() {
  static asio::thread_pool pool(threads);
  return pool;
}

std::vector<Endpoint> resolve_now(const std::string& host, std::uint16_t port) {
  name_thread("wp-resolver");
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    Endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.resize(entry->ai_addrlen);
    endpoint.port(port);
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

/// Whether anything may be posted to a context: not once it begins to end.
struct Gate {
  std::mutex mutex;
  bool open = true;
};

/// Closes a context's gate when the context ends, which asio tells services before its own scheduler, the
/// oldest of them.
class GateService final : public asio::execution_context::service {
 public:
  using key_type = GateService;
  static asio::execution_context::id id;

  explicit GateService(asio::execution_context& context) : service(context) {}
  std::shared_ptr<Gate> gate() const { return gate_; }

 private:
  void shutdown() override {
    const std::lock_guard lock(gate_->mutex);
    gate_->open = false;
  }
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};
asio::execution_context::id GateService::id;

/// What the waiting coroutine and the resolving thread share. `waiting` is null once nobody waits any more:
/// the coroutine, and with it its io_context, may then be gone.
struct Lookup {
  std::mutex mutex;
  asio::steady_timer* waiting = nullptr;
  std::optional<std::vector<Endpoint>> found;
};

/// Leaves the lookup, also when the coroutine is destroyed while it waits.
class Waiting {
 public:
  Waiting(std::shared_ptr<Lookup> lookup, asio::steady_timer& timer) : lookup_(std::move(lookup)) {
    lookup_->waiting = &timer;
  }
  ~Waiting() {
    const std::lock_guard lock(lookup_->mutex);
    lookup_->waiting = nullptr;
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::shared_ptr<Lookup> lookup_;
};

void deliver(Gate& gate, const std::shared_ptr<Lookup>& lookup, std::vector<Endpoint> endpoints) {
  const std::lock_guard gate_lock(gate.mutex);
  if (!gate.open) return;
  const std::lock_guard lock(lookup->mutex);
  if (lookup->waiting == nullptr) return;
  lookup->found = std::move(endpoints);
  asio::post(lookup->waiting->get_executor(), [lookup] {
    const std::lock_guard wake_lock(lookup->mutex);
    if (lookup->waiting != nullptr) lookup->waiting->cancel();
  });
}

}  // namespace

asio::awaitable<std::optional<std::vector<Endpoint>>> look_up(std::string host, std::uint16_t port,
                                                              asio::steady_timer& patience) {
  auto lookup = std::make_shared<Lookup>();
  const Waiting waiting(lookup, patience);
  auto& context = asio::query(patience.get_executor(), asio::execution::context);
  const auto gate = asio::use_service<GateService>(context).gate();
  asio::post(resolver_threads(), [gate, lookup, host = std::move(host), port] {
    deliver(*gate, lookup, resolve_now(host, port));
  });
  boost::system::error_code ended;
  co_await patience.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  const std::lock_guard lock(lookup->mutex);
  co_return std::move(lookup->found);
}

}  // namespace waypost::net
