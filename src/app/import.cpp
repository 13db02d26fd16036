#include "waypost/geo/import.hpp"

#include <unistd.h>

#include <chrono>
#include <iostream>

#include <fmt/format.h>

#include "waypost/app/cli.hpp"
#include "waypost/base/json.hpp"

namespace waypost::app {
namespace {

constexpr std::size_t bar_width = 30;

std::string seconds_text(double seconds) {
  return seconds < 60
             ? fmt::format("{:.1f} s", seconds)
             : fmt::format("{}:{:02} min", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
}

/// 1234567 as 1,234,567.
std::string grouped(std::uint64_t number) {
  auto out = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

void draw(const geo::Progress& progress, const Stopwatch& watch) {
  if (progress.file.empty()) {
    std::cerr << "\r" << grouped(progress.rows) << " rows read; building the index\x1b[K" << std::flush;
    return;
  }
  const double done = progress.bytes_total == 0 ? 1
                                                : static_cast<double>(progress.bytes_done) /
                                                      static_cast<double>(progress.bytes_total);
  const auto filled = static_cast<std::size_t>(done * bar_width);
  std::cerr << fmt::format("\r[{:<{}}] {:3.0f} %  {} rows  {}  {}\x1b[K", std::string(filled, '#'), bar_width,
                           done * 100, grouped(progress.rows), seconds_text(watch.seconds()), progress.file)
            << std::flush;
}

std::string where(const geo::Skipped& skipped) {
  std::string out;
  for (const auto& at : skipped.first) {
    out += (out.empty() ? " (" : ", ") + at.file;
    if (at.line > 0) out += ":" + std::to_string(at.line);
  }
  if (out.empty()) return out;
  return out + (skipped.rows > skipped.first.size() ? ", …)" : ")");
}

void print_index(const geo::IndexSummary& index) {
  std::cout << fmt::format(
      "the gazetteer holds {} places with {} names, {} streets among them with {} houses, in {:.1f} MB\n",
      grouped(index.places), grouped(index.names), grouped(index.streets), grouped(index.houses),
      static_cast<double>(index.bytes) / 1e6);
}

void write_index(json::Writer& out, const geo::IndexSummary& index) {
  const auto count = [](std::uint64_t number) { return static_cast<std::int64_t>(number); };
  out.key("index")
      .begin_object()
      .field("path", index.path.string())
      .field("bytes", count(index.bytes))
      .field("places", count(index.places))
      .field("names", count(index.names))
      .field("streets", count(index.streets))
      .field("houses", count(index.houses))
      .end_object();
}

void print_text(const geo::ImportSummary& summary, double seconds) {
  std::cout << fmt::format("{}: kept {} of {} rows, in {}\n", summary.source, grouped(summary.rows_kept),
                           grouped(summary.rows_read), seconds_text(seconds));
  for (const auto& skipped : summary.skipped)
    std::cout << fmt::format("skipped {}: {}{}\n", grouped(skipped.rows), skipped.reason, where(skipped));
  print_index(summary.index);
}

void print_json(const geo::ImportSummary& summary, double seconds) {
  std::string body;
  json::Writer out(body);
  out.begin_object()
      .field("source", summary.source)
      .field("rows_read", static_cast<std::int64_t>(summary.rows_read))
      .field("rows_kept", static_cast<std::int64_t>(summary.rows_kept));
  out.key("seconds").number(seconds).key("skipped").begin_array();
  for (const auto& skipped : summary.skipped) {
    out.begin_object().field("reason", skipped.reason);
    out.field("rows", static_cast<std::int64_t>(skipped.rows)).key("first").begin_array();
    for (const auto& at : skipped.first)
      out.begin_object()
          .field("file", at.file)
          .field("line", static_cast<std::int64_t>(at.line))
          .end_object();
    out.end_array().end_object();
  }
  out.end_array();
  write_index(out, summary.index);
  out.end_object();
  std::cout << body << '\n';
}

int report(const Error& error) {
  std::cerr << "waypost: " << error.message << '\n';
  return 1;
}

void tell_of_waiting() {
  std::cerr << "waypost: another import is under way; waiting for it to end\n";
}

int remove(const ImportArguments& arguments, const Config& config) {
  const auto left = geo::remove_source(config.data_dir, arguments.remove, tell_of_waiting);
  if (!left) return report(left.error());
  if (!arguments.json) {
    std::cout << arguments.remove << " is removed\n";
    print_index(*left);
    return 0;
  }
  std::string body;
  json::Writer out(body);
  out.begin_object().field("removed", arguments.remove);
  write_index(out, *left);
  out.end_object();
  std::cout << body << '\n';
  return 0;
}

/// What the arguments ask for, or what is wrong with them.
Result<geo::ImportOptions> options_of(const ImportArguments& arguments, const Config& config) {
  geo::ImportOptions options{.data_directory = config.data_dir,
                             .format = arguments.format,
                             .name = arguments.name,
                             .country = arguments.country,
                             .kind = geo::kind_named(arguments.kind),
                             .version = arguments.version,
                             .attribution = arguments.attribution,
                             .licence = arguments.licence,
                             .now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()),
                             .waits = tell_of_waiting};
  if (!arguments.kind.empty() && !options.kind)
    return fail(Code::validation_failed,
                "--kind " + arguments.kind + ": use locality, admin1, postal_code or address");
  for (const auto& pair : arguments.map) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Code::validation_failed, "--map " + pair + ": write FIELD=COLUMN, such as lat=Y");
    options.map.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return options;
}

}  // namespace

int run_import(const ImportArguments& arguments, const Config& config) {
  if (!arguments.remove.empty()) return remove(arguments, config);
  auto options = options_of(arguments, config);
  if (!options) return report(options.error());
  const Stopwatch watch;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  if (terminal) options->progress = [&watch](const geo::Progress& progress) { draw(progress, watch); };
  const auto summary = geo::import_source(arguments.files, *options);
  if (terminal) std::cerr << "\r\x1b[K" << std::flush;
  if (!summary) return report(summary.error());
  if (arguments.json)
    print_json(*summary, watch.seconds());
  else
    print_text(*summary, watch.seconds());
  return 0;
}

}  // namespace waypost::app
