#include "app/command_line.hpp"

namespace waypost::app {
namespace {

void add_job_submit(CLI::App& job, CommandLine& line) {
  CLI::App& submit =
      *job.add_subcommand("submit", "Submit a job; with --manifest a batch over the file's rows");
  submit.add_option("TYPE", line.submit.type, "The operation, such as geocode")->required();
  submit.add_option("PAYLOAD", line.submit.payload, "JSON, @FILE, or - for stdin (default: {})");
  submit.add_option("--manifest", line.submit.manifest, "CSV or NDJSON (*.ndjson), plain or *.gz")
      ->type_name("FILE");
  submit.add_option("--webhook", line.submit.webhook, "Where to send the job's events")->type_name("URL");
  submit.add_option("--priority", line.submit.priority, "Higher runs first")->type_name("N");
  submit.add_option("--wait", line.wait_seconds, "Follow the job that long; exit status 1 when it failed")
      ->type_name("S");
  submit
      .add_option("--field", line.submit.fields,
                  "A further field of the job, nested ones dotted: max_attempts=3, webhook.payload=thin, "
                  "tag.team=maps")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_client_options(submit, line);
  submit.footer(
      "Examples:\n"
      "  waypost job submit geocode '{\"address\": \"Toledo, Spain\"}' --wait 10\n"
      "  waypost job submit http @request.json --field max_attempts=3 --field tag.team=maps\n"
      "  waypost job submit geocode --manifest addresses.csv --field map.address='{street}, {city}'\n"
      "The VALUE of --field is JSON where it reads as that, else a string.");
  submit.callback([&line] {
    line.command = [&line] {
      return with_server(
          line, [&](const Server& server) { return submit_job(server, line.submit, line.wait_seconds); });
    };
  });
}

void add_job_list(CLI::App& job, CommandLine& line) {
  CLI::App& list = *job.add_subcommand("list", "List jobs, the newest first");
  list.add_option("--state", line.list.states, "Only jobs in this state; may be repeated")
      ->type_name("S")
      ->allow_extra_args(false);
  list.add_option("--type", line.list.type, "Only jobs of this type")->type_name("TYPE");
  list.add_option("--queue", line.list.queue, "Only jobs of this queue")->type_name("NAME");
  list.add_option("--limit", line.list.limit, "How many, 1 to 1000 (default: 50)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  add_client_options(list, line);
  list.footer("Example:\n  waypost job list --state failed --state partial --json | jq -r '.data[].id'");
  list.callback([&line] {
    line.command = [&line] {
      return with_server(line, [&](const Server& server) { return list_jobs(server, line.list); });
    };
  });
}

/// A command about one job: `run(server, id)`.
template <class Run>
void add_job_action(CLI::App& job, CommandLine& line, const std::string& name, const std::string& text,
                    Run run) {
  CLI::App& action = *job.add_subcommand(name, text);
  action.add_option("ID", line.id, "The job's id, job_…")->required();
  add_client_options(action, line);
  action.callback([&line, run] {
    line.command = [&line, run] {
      return with_server(line, [&](const Server& server) { return run(server, line.id); });
    };
  });
}

}  // namespace

void add_job_commands(CLI::App& app, CommandLine& line) {
  CLI::App& job = *app.add_subcommand("job", "Submit, read and steer jobs of a running service");
  job.require_subcommand(1);
  add_job_submit(job, line);
  add_job_action(job, line, "get", "Print a job", get_job);
  add_job_action(job, line, "watch", "Follow a job to its end; exit status 1 when it failed", watch_job);
  add_job_action(job, line, "cancel", "Cancel a job",
                 [](const Server& server, const std::string& id) { return steer_job(server, id, "cancel"); });
  add_job_action(job, line, "retry", "Run a failed, partial or cancelled job again",
                 [](const Server& server, const std::string& id) { return steer_job(server, id, "retry"); });
  add_job_list(job, line);
}

}  // namespace waypost::app
