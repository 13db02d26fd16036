#include "app/job_view.hpp"

#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

/// A member as a person reads it: strings bare, everything else as its JSON; "" when absent or null.
std::string shown(json::Value object, std::string_view key) {
  const auto value = object.find(key);
  if (!value || value->is(json::Kind::null)) return {};
  return std::string(value->is(json::Kind::string) ? value->string() : value->raw());
}

std::string line(std::string_view label, std::string_view value) {
  return value.empty() ? std::string() : fmt::format("  {:<11} {}\n", label, value);
}

std::optional<double> number_at(json::Value object, std::string_view key) {
  const auto value = object.find(key);
  if (!value || !value->is(json::Kind::number)) return std::nullopt;
  return value->number();
}

std::string describe_error(json::Value job) {
  const auto error = job.find("error");
  if (!error || !error->is(json::Kind::object)) return {};
  return fmt::format("{}: {}", string_at(*error, "code"), string_at(*error, "message"));
}

/// The counts of a progress object; "" when it holds none.
std::string describe_counts(json::Value progress) {
  std::string out;
  const auto total = number_at(progress, "total");
  const auto succeeded = number_at(progress, "succeeded");
  const auto failed = number_at(progress, "failed");
  if (total) {
    out = fmt::format("{} of {}", succeeded.value_or(0) + failed.value_or(0), *total);
    if (const auto percent = number_at(progress, "percent")) out += fmt::format(" ({:.1f} %)", *percent);
    if (failed.value_or(0) > 0) out += fmt::format(", {} failed", *failed);
  }
  if (const auto left = number_at(progress, "eta_seconds")) out += fmt::format(", {:.0f} s left", *left);
  return out;
}

}  // namespace

std::string_view string_at(json::Value object, std::string_view key) {
  const auto value = object.is(json::Kind::object) ? object.find(key) : std::nullopt;
  return value && value->is(json::Kind::string) ? value->string() : std::string_view();
}

bool is_terminal(std::string_view state) {
  constexpr std::array<std::string_view, 4> terminal{"succeeded", "partial", "failed", "cancelled"};
  return std::ranges::count(terminal, state) > 0;
}

std::string describe_progress(json::Value job) {
  std::string out(string_at(job, "state"));
  const auto progress = job.find("progress");
  if (!progress || !progress->is(json::Kind::object)) return out;
  if (const std::string counts = describe_counts(*progress); !counts.empty()) out += " " + counts;
  if (const auto message = string_at(*progress, "message"); !message.empty())
    out += fmt::format(": {}", message);
  return out;
}

std::string draw_progress(json::Value job, std::size_t columns) {
  constexpr std::size_t bar_width = 30, least_columns = 60;
  std::string line = describe_progress(job);
  const auto progress = job.find("progress");
  const bool is_object = progress && progress->is(json::Kind::object);
  if (is_object && columns >= least_columns && number_at(*progress, "total").value_or(0) > 1) {
    const double percent = std::clamp(number_at(*progress, "percent").value_or(0), 0.0, 100.0);
    const auto filled = static_cast<std::size_t>(percent * bar_width / 100);
    line = fmt::format("[{:<{}}] {}", std::string(filled, '#'), bar_width, line);
  }
  if (line.size() > columns) line.resize(columns);
  while (!text::is_utf8(line)) line.pop_back();
  return line;
}

std::string describe_job(json::Value job) {
  std::string out = fmt::format("{}  {}\n", string_at(job, "id"), describe_progress(job));
  out += line("type", shown(job, "type"));
  out += line("queue", fmt::format("{}, priority {}", shown(job, "queue"), shown(job, "priority")));
  out += line("attempt", fmt::format("{} of {}", shown(job, "attempt"), shown(job, "max_attempts")));
  out += line("description", shown(job, "description"));
  out += line("created", shown(job, "created_at"));
  out += line("run at", shown(job, "run_at"));
  out += line("started", shown(job, "started_at"));
  out += line("finished", shown(job, "finished_at"));
  out += line("reason", shown(job, "state_reason"));
  out += line("error", describe_error(job));
  out += line("result", shown(job, "result"));
  if (const auto links = job.find("links"); links && links->is(json::Kind::object)) {
    out += line("report", shown(*links, "report"));
  }
  return out;
}

std::string describe_jobs(json::Value page) {
  const auto data = page.find("data");
  if (!data || data->size() == 0) return "no jobs\n";
  std::string out = fmt::format("{:<30}  {:<21}  {:<20}  {}\n", "ID", "STATE", "TYPE", "CREATED");
  for (const json::Value job : data->children()) {
    out += fmt::format("{:<30}  {:<21}  {:<20}  {}\n", string_at(job, "id"), string_at(job, "state"),
                       string_at(job, "type"), string_at(job, "created_at"));
  }
  return out;
}

std::string describe_problem(std::string_view body, int status) {
  const auto document = json::Document::parse(body);
  if (!document || string_at(document->root(), "code").empty()) {
    return fmt::format("the server answered {}, with no word of why", status);
  }
  const json::Value problem = document->root();
  std::string out =
      fmt::format("{} ({} {})", string_at(problem, "detail"), status, string_at(problem, "code"));
  const auto errors = problem.find("errors");
  if (!errors || !errors->is(json::Kind::array)) return out;
  for (const json::Value error : errors->children()) {
    const std::string place =
        shown(error, "pointer").empty() ? shown(error, "parameter") : shown(error, "pointer");
    out += fmt::format("; {} {}", place.empty() ? "the body" : place, string_at(error, "detail"));
  }
  return out;
}

}  // namespace waypost::app
