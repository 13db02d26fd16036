#include "app/application.hpp"

#include <malloc.h>

#include "waypost/base/thread_name.hpp"

/// Its life: start, signals, drain, end.
namespace waypost::app {
namespace {

/// How long answers under way may take to be written once their jobs are drained.
constexpr Milliseconds quiet_step{20};
constexpr int quiet_steps = 100;
/// How long the last traces may take.
constexpr Milliseconds last_export{2'000};

}  // namespace

Application::~Application() {
  // The io threads end first: what their coroutines refer to goes after them.
  for (auto& io : io_) io->stop();
  disk_.join();
  // Their threads tell the deliverer and the metrics of changes to the last.
  engine_.reset();
  keeper_.reset();
  store_.reset();
  if (exporter_) exporter_->stop(last_export);
}

Result<void> Application::start() {
  log::configure(config_.log.level, config_.log.format);
  name_threads(disk_, disk_threads, "wp-disk");
  for (auto step : {&Application::open_data, &Application::open_store, &Application::make_tracing,
                    &Application::make_engine, &Application::make_servers})
    if (auto done = (this->*step)(); !done) return done;
  // Building the gazetteer's index took memory that is not needed again.
  malloc_trim(0);
  return {};
}

std::string Application::status() const {
  return "serving " + url();
}

std::string Application::url() const {
  return std::string(config_.scheme()) + "://" + address_.to_string();
}

int Application::run() {
  await_signal();
  keep_watchdog_quiet();
  auto work = asio::make_work_guard(main_);
  quiet_alarm_ = clock_.make_alarm(main_, [this] { finish_when_quiet(); });
  main_.run();
  log::info("stopped", {{"status", exit_status_}});
  return exit_status_;
}

void Application::stop() {
  asio::post(main_, [this] { shut_down("asked to"); });
}

void Application::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      if (!shutting_down_) reload();
      return await_signal();
    }
    if (shutting_down_) {
      log::warn("a second signal: ending at once", {{"signal", signal}});
      log::flush();
      std::_Exit(128 + signal);
    }
    shut_down(signal == SIGTERM ? "SIGTERM" : "SIGINT");
    await_signal();
  });
}

/// Speaks from the thread that waits for signals: a process that cannot get to them is hung.
void Application::keep_watchdog_quiet() {
  const auto every = Notifier::watchdog();
  if (!every) return;
  notifier_.alive();
  watchdog_.expires_after(*every);
  watchdog_.async_wait([this](const boost::system::error_code& error) {
    if (!error) keep_watchdog_quiet();
  });
}

/// Stops accepting, lets running work end or hands it back, and then the answers under way be written.
void Application::shut_down(std::string_view why) {
  if (std::exchange(shutting_down_, true)) return;
  notifier_.stopping();
  log::info("draining", {{"why", why}, {"seconds", config_.server.shutdown.count()}});
  for (auto& io : io_) asio::post(io->context(), [&io] { io->server().drain(); });
  const auto drained = [this] {
    asio::post(main_, [this] {
      if (--still_draining_ == 0) finish_when_quiet();
    });
  };
  still_draining_ = 2;
  engine_->drain(config_.server.shutdown, drained);
  deliverer_->stop(config_.server.shutdown, drained);
}

void Application::finish_when_quiet() {
  std::size_t in_flight = 0;
  for (auto& io : io_) in_flight += io->ask([&io] { return io->server().in_flight(); });
  if (in_flight > 0 && ++quiet_looks_ < quiet_steps) return quiet_alarm_->set(clock_.now() + quiet_step);
  for (auto& io : io_) io->ask([&io] { io->server().close(); });
  main_.stop();
}

}  // namespace waypost::app
