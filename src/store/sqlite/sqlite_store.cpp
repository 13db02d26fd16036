#include "waypost/store/sqlite_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/sqlite/access.hpp"
#include "store/sqlite/audit.hpp"
#include "store/sqlite/bulk.hpp"
#include "store/sqlite/histories.hpp"
#include "store/sqlite/keys.hpp"
#include "store/sqlite/lists.hpp"
#include "store/sqlite/manifests.hpp"
#include "store/sqlite/operations.hpp"
#include "store/sqlite/queues.hpp"
#include "store/sqlite/reads.hpp"
#include "store/sqlite/secrets.hpp"
#include "store/sqlite/webhooks.hpp"

namespace waypost::store {
namespace {

/// The process that holds a lock, and where it serves.
std::string read_holder(int descriptor) {
  std::array<char, 512> text{};
  const auto length = ::pread(descriptor, text.data(), text.size(), 0);
  return {text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

std::string first_word(const std::string& text) {
  return text.substr(0, text.find(' '));
}

class SqliteStore final : public Store {
 public:
  SqliteStore(const SqliteOptions& options, Clock& clock) : access_(options, clock) {}

  KeyStore& keys() override { return keys_; }
  ManifestStore& manifests() override { return manifests_; }
  QueueStore& queues() override { return queues_; }
  HistoryStore& histories() override { return histories_; }
  BulkStore& bulk() override { return bulk_; }
  WebhookStore& webhooks() override { return webhooks_; }
  OperationStore& operations() override { return operations_; }
  AuditStore& audit() override { return audit_; }
  SecretStore& secrets() override { return secrets_; }

  void keep_for(Retention retention, Reply<void> reply) override {
    write<void>(
        [retention](sqlite::Session& session) -> Result<void> {
          session.keep_for(retention);
          return {};
        },
        std::move(reply));
  }

  void observe(Observer observer) override { access_.writer().start(std::move(observer)); }

  void submit(Submission submission, Reply<Submitted> reply) override {
    write<Submitted>([s = std::move(submission)](sqlite::Session& session) { return session.submit(s); },
                     std::move(reply));
  }
  void put_answer(IdempotencyKey key, StoredAnswer answer, Reply<void> reply) override {
    write<void>([k = std::move(key),
                 a = std::move(answer)](sqlite::Session& session) { return session.put_answer(k, a); },
                std::move(reply));
  }
  void change(OwnedId id, job::Command command, Reply<job::Decision> reply) override {
    write<job::Decision>(
        [id, c = std::move(command)](sqlite::Session& session) { return session.change(id, c); },
        std::move(reply));
  }
  void record_chunk(Ulid id, ChunkRecord chunk, std::int64_t fence, Reply<job::Decision> reply) override {
    write<job::Decision>([=](sqlite::Session& session) { return session.record_chunk(id, chunk, fence); },
                         std::move(reply));
  }
  void record_rest(Ulid id, std::vector<ChunkRecord> chunks, Reply<void> reply) override {
    write<void>([id, c = std::move(chunks)](sqlite::Session& session) { return session.record_rest(id, c); },
                std::move(reply));
  }
  void tick(Time now, std::size_t limit, Reply<Tick> reply) override {
    write<Tick>([=](sqlite::Session& session) { return session.tick(now, limit); }, std::move(reply));
  }
  void settle(Settlement settlement, Reply<std::optional<Delivery>> reply) override {
    write<std::optional<Delivery>>(
        [s = std::move(settlement)](sqlite::Session& session) { return session.settle(s); },
        std::move(reply));
  }

  void get(OwnedId id, Reply<job::Job> reply) override {
    read<job::Job>([id](sqlite::Statements& sql) { return sqlite::get(sql, id); }, std::move(reply));
  }
  void list(ListQuery query, Reply<ListPage> reply) override {
    read<ListPage>([q = std::move(query)](sqlite::Statements& sql) { return sqlite::list(sql, q); },
                   std::move(reply));
  }
  void attempts(Ulid id, Reply<std::vector<job::Attempt>> reply) override {
    read<std::vector<job::Attempt>>([id](sqlite::Statements& sql) { return sqlite::attempts(sql, id); },
                                    std::move(reply));
  }
  void chunks(Ulid id, Reply<std::vector<ChunkRecord>> reply) override {
    read<std::vector<ChunkRecord>>([id](sqlite::Statements& sql) { return sqlite::chunks(sql, id); },
                                   std::move(reply));
  }
  void ready(ReadyQuery query, Reply<std::vector<ReadyJob>> reply) override {
    read<std::vector<ReadyJob>>(
        [q = std::move(query)](sqlite::Statements& sql) { return sqlite::ready(sql, q); }, std::move(reply));
  }
  void due_deliveries(DueQuery query, Reply<Due> reply) override {
    read<Due>([q = std::move(query)](sqlite::Statements& sql) { return sqlite::due_deliveries(sql, q); },
              std::move(reply));
  }
  void backlog(std::optional<Tenant> tenant, Reply<Backlog> reply) override {
    read<Backlog>([tenant](sqlite::Statements& sql) { return sqlite::backlog(sql, tenant); },
                  std::move(reply));
  }
  void standing(OwnedId id, Reply<Standing> reply) override {
    read<Standing>([id](sqlite::Statements& sql) { return sqlite::standing(sql, id); }, std::move(reply));
  }
  void census(Reply<Census> reply) override { read<Census>(sqlite::census, std::move(reply)); }

  bool healthy() const override { return !access_.writer().broken(); }
  StoreFigures figures() const override { return access_.writer().figures(); }

 private:
  template <class T, class Work>
  void write(Work work, Reply<T> reply) {
    access_.write<T>(std::move(work), std::move(reply));
  }
  template <class T, class Work>
  void read(Work work, Reply<T> reply) {
    access_.read<T>(std::move(work), std::move(reply));
  }

  sqlite::Access access_;
  sqlite::Keys keys_{access_};
  sqlite::Manifests manifests_{access_};
  sqlite::Queues queues_{access_};
  sqlite::Histories histories_{access_};
  sqlite::Bulk bulk_{access_};
  sqlite::Webhooks webhooks_{access_};
  sqlite::Operations operations_{access_};
  sqlite::Audit audit_{access_};
  sqlite::Secrets secrets_{access_};
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options, Clock& clock) {
  try {
    return std::make_unique<SqliteStore>(options, clock);
  } catch (const std::exception& failure) {
    return fail(Code::internal,
                "cannot open the store " + options.file.string() + ": " + failure.what() +
                    "; see that the directory exists, is writable, has room, and holds a Waypost store");
  }
}

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
  const auto file = directory / "waypost.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return fail(Code::internal, "cannot write to the data directory " + directory.string() + ": " +
                                    std::strerror(errno) +
                                    "; choose another one with --data-dir or mend its permissions");
  DirectoryLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fail(Code::conflict, "the data directory " + directory.string() + " is in use by process " +
                                    first_word(read_holder(descriptor)) +
                                    "; stop that one or choose another with --data-dir");
  }
  if (auto written = lock.write_down(std::to_string(::getpid())); !written)
    return std::unexpected(written.error());
  return lock;
}

Result<void> DirectoryLock::write_down(const std::string& text) {
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, text.data(), text.size(), 0) < 0)
    return fail(Code::internal, std::string("cannot write the lock file: ") + std::strerror(errno));
  return {};
}

Result<void> DirectoryLock::announce(std::string_view url) {
  return write_down(std::to_string(::getpid()) + ' ' + std::string(url));
}

std::optional<std::string> DirectoryLock::holder_url(const std::filesystem::path& directory) {
  const int descriptor = ::open((directory / "waypost.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  const auto holder = read_holder(descriptor);
  ::close(descriptor);
  const auto space = holder.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return holder.substr(space + 1);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace waypost::store
