#include "app/job_commands.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "app/failure.hpp"
#include "app/job_view.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

using Clock = std::chrono::steady_clock;

/// The longest hold that the server grants.
constexpr std::chrono::seconds longest_wait{60};
constexpr std::chrono::milliseconds shortest_poll{200};

std::string job_target(const std::string& id) {
  return "/v1/jobs/" + text::percent_encode(id);
}

bool is_success(const ApiResponse& response) {
  return response.status >= 200 && response.status < 300;
}

/// Prints a 2xx answer, raw or by `describe`; else says on stderr what is wrong.
int print(const Server& server, const std::expected<ApiResponse, std::string>& response,
          std::string (*describe)(json::Value)) {
  if (!response) return fail_with(response.error());
  if (!is_success(*response)) return fail_with(describe_problem(response->body, response->status));
  if (server.json) {
    std::cout << response->body << '\n';
    return 0;
  }
  const auto document = json::Document::parse(response->body);
  if (!document) return fail_with("the server's answer is no JSON: " + document.error().message);
  std::cout << describe(document->root());
  return 0;
}

std::string state_of(const ApiResponse& response) {
  const auto document = json::Document::parse(response.body);
  return document ? std::string(string_at(document->root(), "state")) : std::string();
}

/// 0 for a job that did what it was to do, or has not ended; 1 for one that failed or was cancelled.
int status_of(std::string_view state) {
  return state == "failed" || state == "cancelled" ? 1 : 0;
}

/// Shows how a job goes on: one line that is redrawn on a terminal, else a line for each change of state.
class ProgressLine {
 public:
  void show(const ApiResponse& response) {
    const auto document = json::Document::parse(response.body);
    if (!document) return;
    const std::string state(string_at(document->root(), "state"));
    if (terminal_) {
      std::cerr << "\r\x1b[K" << draw_progress(document->root(), columns()) << std::flush;
    } else if (state != state_) {
      std::cerr << describe_progress(document->root()) << '\n';
    }
    state_ = state;
  }
  ~ProgressLine() {
    if (terminal_ && !state_.empty()) std::cerr << "\r\x1b[K" << std::flush;
  }
  ProgressLine() = default;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  /// Of the terminal as it is now, but one: at the last column it would break the line.
  static std::size_t columns() {
    winsize size{};
    constexpr std::size_t usual = 80;
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return (known ? size.ws_col : usual) - 1;
  }
  static bool can_redraw() {
    const char* terminal = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
  }

  bool terminal_ = can_redraw();
  std::string state_;
};

/// Asks for the job again as soon as it changes, until it has ended or the time is up. Returns the last
/// answer that showed the job, or the first that was an error.
std::expected<ApiResponse, std::string> follow(const Server& server, const std::string& id,
                                               std::optional<ApiResponse> known, Clock::time_point until) {
  ProgressLine progress;
  for (;;) {
    if (known) progress.show(*known);
    const auto asked = Clock::now();
    if (known && (is_terminal(state_of(*known)) || asked >= until)) return *known;
    const auto left = std::chrono::ceil<std::chrono::seconds>(until - asked);
    ApiRequest request{.target = job_target(id), .timeout = longest_wait + std::chrono::seconds(30)};
    if (known) {
      request.target += fmt::format("?wait={}", std::min(left, longest_wait).count());
      request.fields.push_back({.name = "If-None-Match", .value = std::string(known->field("ETag"))});
    }
    auto response = server.client.send(request);
    if (!response) return response;
    // A batch changes with every chunk; a person needs no more than a few lines a second.
    if (known && Clock::now() - asked < shortest_poll) std::this_thread::sleep_for(shortest_poll);
    if (response->status == 304) continue;
    if (!is_success(*response)) return response;
    known = std::move(*response);
  }
}

int print_followed(const Server& server, const std::expected<ApiResponse, std::string>& response) {
  const int printed = print(server, response, describe_job);
  return printed != 0 ? printed : status_of(state_of(*response));
}

/// The payload's JSON from where the argument says.
std::expected<std::string, std::string> read_payload(const std::string& argument) {
  if (argument == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!argument.starts_with('@')) return argument;
  std::ifstream stream(argument.substr(1), std::ios::binary);
  if (!stream) {
    return std::unexpected(
        fmt::format("cannot read {}: {}", argument.substr(1), std::generic_category().message(errno)));
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

}  // namespace

int submit_job(const Server& server, SubmitArguments arguments, std::optional<std::uint32_t> wait_seconds) {
  if (arguments.payload) {
    auto payload = read_payload(*arguments.payload);
    if (!payload) return fail_with(payload.error());
    arguments.payload = std::move(*payload);
  }
  auto request = make_submission(arguments);
  if (!request) return fail_with(request.error());
  const auto until = Clock::now() + std::chrono::seconds(wait_seconds.value_or(0));
  const auto submitted = server.client.send(*request);
  if (!wait_seconds || !submitted || !is_success(*submitted)) return print(server, submitted, describe_job);
  const auto document = json::Document::parse(submitted->body);
  if (!document) return fail_with("the server's answer is no JSON: " + document.error().message);
  const std::string id(string_at(document->root(), "id"));
  return print_followed(server, follow(server, id, std::nullopt, until));
}

int get_job(const Server& server, const std::string& id) {
  return print(server, server.client.send({.target = job_target(id)}), describe_job);
}

int list_jobs(const Server& server, const ListArguments& arguments) {
  std::string target = fmt::format("/v1/jobs?limit={}", arguments.limit);
  std::string states;
  for (const std::string& state : arguments.states)
    states += (states.empty() ? "" : ",") + text::percent_encode(state);
  if (!states.empty()) target += "&state=" + states;
  if (!arguments.type.empty()) target += "&type=" + text::percent_encode(arguments.type);
  if (!arguments.queue.empty()) target += "&queue=" + text::percent_encode(arguments.queue);
  return print(server, server.client.send({.target = target}), describe_jobs);
}

int steer_job(const Server& server, const std::string& id, std::string_view action) {
  return print(server,
               server.client.send({.method = "POST", .target = fmt::format("{}/{}", job_target(id), action)}),
               describe_job);
}

int watch_job(const Server& server, const std::string& id) {
  return print_followed(server, follow(server, id, std::nullopt, Clock::time_point::max()));
}

int check_health(const ApiClient& client) {
  const auto response = client.send({.target = "/healthz", .timeout = std::chrono::seconds(5)});
  if (!response) return fail_with(response.error());
  if (response->status != 200) return fail_with(fmt::format("/healthz answered {}", response->status));
  return 0;
}

}  // namespace waypost::app
