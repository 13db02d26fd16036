#include "app/backup.hpp"
#include "app/command_line.hpp"

namespace waypost::app {
namespace {

/// A command that works on the data directory of the configuration.
template <class Run>
void add(CLI::App& command, CommandLine& line, Run run) {
  command.add_flag("--json", line.json, "Print the outcome as JSON");
  add_config_options(command, line);
  command.callback([&line, run] {
    line.command = [&line, run] {
      const auto loaded = load(line);
      return loaded ? run(loaded->config) : failed;
    };
  });
}

void add_backup(CLI::App& app, CommandLine& line) {
  CLI::App& backup =
      *app.add_subcommand("backup", "Write a consistent copy of the data directory, live or not");
  backup.add_option("FILE", line.archive, "The archive to make, a tar with checksums")->required();
  backup.add_flag("--with-secret-key", line.with_secret_key,
                  "Put the key that encrypts secrets in too: whoever reads the archive then reads them");
  backup.footer(
      "Examples:\n"
      "  waypost backup /backups/waypost-2026-11-22.tar --data-dir /var/lib/waypost\n"
      "  tar tvf /backups/waypost-2026-11-22.tar\n"
      "The service may run meanwhile. The index of the gazetteer is left out: the first start makes it "
      "again.");
  add(backup, line, [&line](const Config& config) {
    return run_backup({line.archive, line.with_secret_key, line.json}, config);
  });
}

void add_restore(CLI::App& app, CommandLine& line) {
  CLI::App& restore = *app.add_subcommand("restore", "Make a data directory from a backup");
  restore.add_option("FILE", line.archive, "The archive that 'waypost backup' made")->required();
  restore.footer(
      "Example:\n"
      "  waypost restore /backups/waypost-2026-11-22.tar --data-dir /var/lib/waypost\n"
      "The data directory is empty or not there. It is made whole or not at all.");
  add(restore, line, [&line](const Config& config) { return run_restore(line.archive, line.json, config); });
}

void add_verify(CLI::App& app, CommandLine& line) {
  CLI::App& verify =
      *app.add_subcommand("verify", "Read everything of the data directory and say what is not sound");
  verify.footer(
      "Example:\n"
      "  waypost verify --data-dir /var/lib/waypost\n"
      "The service may run meanwhile. Exit status 1 when something is not sound.");
  add(verify, line, [&line](const Config& config) { return run_verify(line.json, config); });
}

void add_selftest(CLI::App& app, CommandLine& line) {
  CLI::App& selftest =
      *app.add_subcommand("selftest", "Kill a service on this disk, again and again, and see what is lost");
  selftest.add_option("--jobs", line.selftest.jobs, "How many jobs are submitted")
      ->type_name("N")
      ->check(CLI::Range(10, 1000000))
      ->capture_default_str();
  selftest.add_option("--kills", line.selftest.kills, "How often it is killed meanwhile")
      ->type_name("N")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  selftest.footer(
      "Examples:\n"
      "  waypost selftest --data-dir /var/lib/waypost\n"
      "  waypost selftest --jobs 20000 --kills 20 --json\n"
      "It works in a directory of its own within the data directory, and touches nothing else in it. Exit\n"
      "status 1 when a job that was accepted is lost, was done as another, or was not told of.");
  add(selftest, line, [&line](const Config& config) {
    line.selftest.json = line.json;
    return run_selftest(line.selftest, config);
  });
}

}  // namespace

void add_store_commands(CLI::App& app, CommandLine& line) {
  add_backup(app, line);
  add_restore(app, line);
  add_verify(app, line);
  add_selftest(app, line);
}

}  // namespace waypost::app
