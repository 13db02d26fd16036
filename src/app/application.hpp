#pragma once

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "app/io_thread.hpp"
#include "app/notify.hpp"
#include "waypost/api/service.hpp"
#include "waypost/app/serve.hpp"
#include "waypost/base/asio.hpp"
#include "waypost/engine/manifest_keeper.hpp"
#include "waypost/net/server.hpp"
#include "waypost/operation/geocoding.hpp"
#include "waypost/store/sqlite_store.hpp"
#include "waypost/trace/exporter.hpp"
#include "waypost/webhook/deliverer.hpp"

namespace waypost::app {

/// The composition root: everything there is, made in the order of its dependencies and destroyed in reverse.
/// The main thread waits here for signals.
class Application {
 public:
  /// `reread` reads the configuration anew, for SIGHUP.
  Application(const Config& config, Clock& clock, Reread reread)
      : config_(config), reread_(std::move(reread)), clock_(clock) {}
  ~Application();

  /// Builds everything and begins to serve. Fails with one sentence for the operator.
  Result<void> start();
  /// Serves until a signal, `stop` or a broken store ends it. Exit status.
  int run();
  /// Drains and lets `run` return. Any thread, once `start` was fine.
  void stop();
  /// Where it listens, once `start` was fine.
  ListenAddress address() const { return address_; }
  /// The same as a URL.
  std::string url() const;

 private:
  Result<void> open_data();
  Result<void> open_store();
  Result<void> open_access();
  static store::Retention retention(const Config& config);
  Result<void> make_tracing();
  /// Nothing: no traces.
  Result<std::optional<trace::Collector>> read_collector(const Config& config) const;
  void trace_to(std::optional<trace::Collector> collector);
  Result<void> make_engine();
  Result<void> check_exposure() const;
  Result<void> make_servers();
  Result<net::ServerSettings> server_settings(const Config& config) const;
  static std::map<std::string, engine::QueueSettings, std::less<>> queue_settings(const Config& config);
  /// The operations that a configuration describes, secrets read from where they are named.
  Result<std::vector<operation::Registry::Pointer>> read_operations(const Config& config,
                                                                    const net::EgressPolicy& egress);
  Result<void> add_own_operations();
  Result<void> restore_operation(const store::StoredOperation& stored);
  operation::Registry::Pointer make_custom(operation::CustomOperation custom);
  api::Services services();
  void set_live();
  void add_figures(api::MetricsSnapshot& snapshot) const;
  void await_signal();
  void reload();
  std::vector<std::string> read_anew();
  Result<void> take_over(const Config& next);
  void keep_for(store::Retention retention);
  std::string status() const;
  void keep_watchdog_quiet();
  void shut_down(std::string_view why);
  void finish_when_quiet();

  Config config_;
  const Reread reread_;
  Clock& clock_;
  const Notifier notifier_ = Notifier::from_environment();
  asio::io_context main_{1};
  asio::signal_set signals_{main_};
  std::unique_ptr<Alarm> quiet_alarm_;
  asio::steady_timer watchdog_{main_};
  std::optional<store::DirectoryLock> lock_;
  std::unique_ptr<SecretKeeper> secrets_;
  auth::Keyring keyring_;
  std::optional<api::Access> access_;
  std::string signing_secret_;
  const std::string instance_ = make_ulid(clock_.now()).to_string();  ///< this process, in traces
  trace::Tracer tracer_;
  std::optional<trace::Exporter> exporter_;  ///< from the first collector on
  std::optional<geo::Catalog> catalog_;
  std::optional<net::EgressPolicy> egress_;
  std::optional<operation::Registry> operations_;
  static constexpr std::size_t disk_threads = 2;
  asio::thread_pool disk_{disk_threads};
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<IoThread>> io_;
  std::optional<engine::ManifestKeeper> keeper_;
  std::optional<engine::Engine> engine_;
  std::optional<webhook::Deliverer> deliverer_;
  api::LiveSettings live_;
  std::optional<api::Metrics> metrics_;
  std::optional<api::Service> service_;
  std::shared_ptr<net::ConnectionCount> connections_ = std::make_shared<net::ConnectionCount>();

  ListenAddress address_;
  int exit_status_ = 0;
  bool shutting_down_ = false;
  int still_draining_ = 0;
  int quiet_looks_ = 0;
};

}  // namespace waypost::app
