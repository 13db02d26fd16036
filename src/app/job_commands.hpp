#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/api_client.hpp"
#include "app/job_request.hpp"

/// `waypost job …`: the API from a shell. Each command returns the exit status.
namespace waypost::app {

struct Server {
  ApiClient client;
  bool json = false;  ///< print the server's JSON as it came
};

struct ListArguments {
  std::vector<std::string> states;
  std::string type;
  std::string queue;
  std::uint32_t limit = 50;
};

/// `payload`: JSON, `@FILE`, `-` for stdin, or nothing. With `wait` the job is followed that long; a job that
/// then has failed or was cancelled is exit status 1.
int submit_job(const Server& server, SubmitArguments arguments, std::optional<std::uint32_t> wait_seconds);
int get_job(const Server& server, const std::string& id);
int list_jobs(const Server& server, const ListArguments& arguments);
/// `action` is "cancel" or "retry".
int steer_job(const Server& server, const std::string& id, std::string_view action);
/// Follows the job to its end; 1 when it failed or was cancelled.
int watch_job(const Server& server, const std::string& id);
/// 0 when the service answers that it is up.
int check_health(const ApiClient& client);

}  // namespace waypost::app
