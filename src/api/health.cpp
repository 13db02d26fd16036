#include "api/health.hpp"

#include "api/problem.hpp"
#include "waypost/net/offload.hpp"

namespace waypost::api {
namespace {

/// One check of readiness: its name and what is wrong, "" when nothing is.
struct Check {
  std::string_view name;
  std::string trouble;
};
using Checks = std::vector<Check>;

/// Asks the file system.
Result<Checks> check_all(const Services& services) {
  const store::StoreFigures store = services.store.figures();
  const std::string free = std::to_string(store.free_bytes >> 20) + " MiB are free";
  return Checks{
      {"store", services.store.healthy() ? "" : "the store takes no more writes; see the log"},
      {"disk", store.takes_new_work ? "" : "the disk is nearly full and new work is refused: " + free},
      {"gazetteer", services.catalog.current() != nullptr ? "" : "no gazetteer is loaded"},
      {"draining", services.engine.draining() ? "the service is shutting down" : ""},
  };
}

/// The query: `verbose`, or nothing.
Result<bool> read_verbose(const Call& call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) return std::unexpected(parameters.error());
  bool verbose = false;
  std::vector<Fault> faults;
  for (const auto& [name, value] : *parameters) {
    verbose = value.empty() || value == "true" || value == "1";
    if (name != "verbose")
      faults.push_back(
          {.parameter = name, .code = "unknown_parameter", .detail = "is not a parameter of this route"});
    else if (!verbose && value != "false" && value != "0")
      faults.push_back({.parameter = name, .code = "invalid", .detail = "must be true or false, or nothing"});
  }
  if (parameters->size() > 1 && faults.empty())
    faults.push_back({.parameter = "verbose", .code = "repeated", .detail = "is given more than once"});
  if (!faults.empty()) return std::unexpected(faulty(Code::invalid_parameter, std::move(faults)));
  return verbose;
}

bool wants_text(const Call& call) {
  return preferred_type(call.request.head.joined("accept"), "application/json text/plain") == "text/plain";
}

net::Response text_response(int status, std::string body) {
  net::Response response = json_response(status, std::move(body));
  response.content_type = "text/plain; charset=utf-8";
  return response;
}

/// As Kubernetes' own servers write it.
std::string as_text(const Checks& checks, bool ready, bool verbose) {
  std::string out;
  for (const Check& check : checks) {
    if (!verbose && check.trouble.empty()) continue;
    out += check.trouble.empty() ? "[+]" : "[-]";
    out += std::string(check.name) + (check.trouble.empty() ? " ok" : " failed: " + check.trouble) + "\n";
  }
  if (!verbose && ready) return "ok\n";
  return out + "readyz check " + (ready ? "passed" : "failed") + "\n";
}

std::string as_json(const Checks& checks, bool ready, bool verbose) {
  std::string body;
  json::Writer out(body);
  out.begin_object().field("status", ready ? "ready" : "not_ready").key("checks").begin_object();
  for (const Check& check : checks) {
    const bool ok = check.trouble.empty();
    if (!verbose) {
      out.field(check.name, ok ? "ok" : check.trouble);
      continue;
    }
    out.key(check.name).begin_object().field("status", ok ? "ok" : "failed");
    if (!ok) out.field("reason", check.trouble);
    out.end_object();
  }
  out.end_object().end_object();
  return body;
}

asio::awaitable<Reply> alive(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  co_return wants_text(call) ? text_response(200, "ok\n") : json_response(200, R"({"status":"ok"})");
}

}  // namespace

asio::awaitable<Reply> healthz(Call call) {
  return alive(call);
}

asio::awaitable<Reply> livez(Call call) {
  return alive(call);
}

asio::awaitable<Reply> readyz(Call call) {
  const auto verbose = read_verbose(call);
  if (!verbose) co_return std::unexpected(verbose.error());
  const auto work = [&services = call.services] { return check_all(services); };
  const auto checks = co_await net::offload(call.services.disk, work);
  if (!checks) co_return std::unexpected(checks.error());
  const bool ready = std::ranges::all_of(*checks, [](const Check& check) { return check.trouble.empty(); });
  const int status = ready ? 200 : 503;
  if (wants_text(call)) co_return text_response(status, as_text(*checks, ready, *verbose));
  co_return json_response(status, as_json(*checks, ready, *verbose));
}

}  // namespace waypost::api
