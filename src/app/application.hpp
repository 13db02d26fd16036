#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>

#include "waypost/api/service.hpp"
#include "waypost/app/config.hpp"
#include "waypost/engine/manifest_keeper.hpp"
#include "waypost/net/server.hpp"
#include "waypost/operation/geocoding.hpp"
#include "waypost/store/sqlite_store.hpp"
#include "waypost/trace/exporter.hpp"
#include "waypost/webhook/deliverer.hpp"

namespace waypost::app {

namespace asio = boost::asio;

/// One io thread: its context, the client that goes out from it and the server that listens on it.
class IoThread {
 public:
  explicit IoThread(const net::EgressPolicy& egress) : client_(context_, egress, net::Client::Options{}) {}
  ~IoThread() { stop(); }

  void start();
  /// Drops what is left and joins the thread.
  void stop();

  asio::io_context& context() { return context_; }
  net::Client& client() { return client_; }
  /// Takes the server that listens on `context`; there is one from then on.
  void take(std::unique_ptr<net::Server> server) { server_ = std::move(server); }
  net::Server& server() { return *server_; }

 private:
  /// First, so that it goes last: all the others live on it. Its thread alone uses its sockets, so they need
  /// no locks.
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context_);
  net::Client client_;
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
};

/// The composition root: everything there is, made in the order of its dependencies and destroyed in reverse.
/// The main thread waits here for signals.
class Application {
 public:
  Application(const Config& config, Clock& clock) : config_(config), clock_(clock) {}
  ~Application();

  /// Builds everything and begins to serve. Fails with one sentence for the operator.
  Result<void> start();
  /// Serves until a signal, `stop` or a broken store ends it. Exit status.
  int run();
  /// Drains and lets `run` return. Any thread, once `start` was fine.
  void stop();
  /// Where it listens, once `start` was fine.
  ListenAddress address() const { return address_; }

 private:
  Result<void> open_data();
  Result<void> open_store();
  Result<void> open_access();
  Result<void> make_tracing();
  Result<void> make_engine();
  Result<void> make_servers();
  Result<void> add_custom_operations();
  Result<void> restore_operation(const store::StoredOperation& stored);
  operation::Registry::Pointer make_custom(operation::CustomOperation custom);
  api::Services services();
  trace::Tracer* tracer() { return tracer_ ? &*tracer_ : nullptr; }
  void add_figures(api::MetricsSnapshot& snapshot) const;
  void await_signal();
  void shut_down(std::string_view why);
  void finish_when_quiet();

  const Config config_;
  Clock& clock_;
  asio::io_context main_{1};
  asio::signal_set signals_{main_};
  std::unique_ptr<Alarm> quiet_alarm_;
  std::optional<store::DirectoryLock> lock_;
  std::optional<SecretBox> secrets_;
  auth::Keyring keyring_;
  std::optional<api::Access> access_;
  std::string signing_secret_;
  std::optional<trace::Tracer> tracer_;  ///< none: no traces
  std::optional<trace::Exporter> exporter_;
  std::optional<geo::Catalog> catalog_;
  std::optional<net::EgressPolicy> egress_;
  std::optional<operation::Registry> operations_;
  asio::thread_pool disk_{2};
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<IoThread>> io_;
  std::optional<engine::ManifestKeeper> keeper_;
  std::optional<engine::Engine> engine_;
  std::optional<webhook::Deliverer> deliverer_;
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
