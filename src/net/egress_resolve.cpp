#include <boost/asio/this_coro.hpp>

#include "net/name_lookup.hpp"
#include "net/resolve.hpp"
#include "waypost/net/egress.hpp"

namespace waypost::net {

namespace {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

/// The system's resolver gives up by itself; this only keeps a caller from waiting on a resolver that does
/// not.
constexpr std::chrono::seconds longest_lookup{60};

std::optional<asio::ip::tcp::endpoint> literal(const Url& url) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(url.host, error);
  if (error) return std::nullopt;
  return asio::ip::tcp::endpoint(address, url.port);
}

}  // namespace

asio::awaitable<Result<Endpoints>> resolve(const Url& url, const EgressPolicy& policy,
                                           asio::steady_timer& patience) {
  Endpoints endpoints;
  if (const auto endpoint = literal(url)) {
    endpoints.push_back(*endpoint);
  } else {
    auto found = co_await look_up(url.host, url.port, patience);
    if (!found)
      co_return fail(Code::request_timeout, "the host name " + url.host + " did not resolve in time");
    if (found->empty()) co_return fail(Code::not_found, "the host name " + url.host + " does not resolve");
    endpoints = std::move(*found);
  }
  for (const auto& endpoint : endpoints) {
    if (auto judged = policy.judge(url.host, endpoint.address()); !judged) {
      co_return std::unexpected(std::move(judged.error()));
    }
  }
  co_return endpoints;
}

asio::awaitable<Result<Endpoints>> resolve(const Url& url, const EgressPolicy& policy) {
  asio::steady_timer patience(co_await asio::this_coro::executor, longest_lookup);
  auto endpoints = co_await resolve(url, policy, patience);
  const bool late = !endpoints && endpoints.error().code == Code::request_timeout;
  if (late) endpoints.error().code = Code::not_found;
  co_return endpoints;
}

asio::awaitable<Result<Url>> check_reachable(std::string url, const EgressPolicy& policy,
                                             std::chrono::milliseconds limit) {
  auto checked = policy.check(url);
  if (!checked) co_return checked;
  asio::steady_timer patience(co_await asio::this_coro::executor, limit);
  const auto endpoints = co_await resolve(*checked, policy, patience);
  const bool forbidden = !endpoints && endpoints.error().code == Code::egress_forbidden;
  if (forbidden) co_return std::unexpected(endpoints.error());
  co_return checked;
}

}  // namespace waypost::net
