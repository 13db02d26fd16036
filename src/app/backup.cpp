#include "app/backup.hpp"

#include <unistd.h>

#include <iostream>

#include <fmt/format.h>

#include "app/archive.hpp"
#include "app/failure.hpp"
#include "waypost/app/cli.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/base/json.hpp"
#include "waypost/base/time.hpp"

#include "waypost/store/sqlite_maintenance.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view database_name = "waypost.db", key_name = "secret.key", facts_name = "backup.json";
constexpr std::string_view folder_of_sources = "gazetteer/sources";

/// A folder within the data directory that goes with its owner. Links to files need no room, and files that
/// are linked here stay though the service deletes them.
class Staging {
 public:
  explicit Staging(const fs::path& data_dir) : path_(data_dir / (".backup-" + std::to_string(::getpid()))) {}
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

/// What a backup that was killed left behind.
void sweep(const fs::path& data_dir) {
  std::error_code error;
  for (fs::directory_iterator it(data_dir, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(".backup-") || fs::exists("/proc/" + name.substr(8))) continue;
    std::error_code ignored;
    fs::remove_all(it->path(), ignored);
  }
}

/// Links (or, over file systems, copies) the files of `folder` that are whole and not linked yet.
Result<void> link_files(const fs::path& data_dir, const fs::path& staging, std::string_view folder) {
  std::error_code error;
  fs::create_directories(staging / folder, error);
  if (error)
    return fail(Code::internal, "cannot make " + (staging / folder).string() + ": " + error.message());
  std::error_code listing;
  for (fs::directory_iterator it(data_dir / folder, listing), end; !listing && it != end;
       it.increment(listing)) {
    const fs::path name = it->path().filename(), link = staging / folder / name;
    const bool is_whole =
        it->is_regular_file(error) && name.extension() != ".part" && name.extension() != ".tmp";
    if (!is_whole || fs::exists(link, error)) continue;
    fs::create_hard_link(it->path(), link, error);
    if (error && error != std::errc::no_such_file_or_directory)
      fs::copy_file(it->path(), link, fs::copy_options::overwrite_existing, error);
    // What is gone by now was not needed any more.
    if (error && error != std::errc::no_such_file_or_directory)
      return fail(Code::internal, "cannot copy " + it->path().string() + ": " + error.message());
  }
  return {};
}

std::string facts_text(bool has_key) {
  std::string text;
  json::Writer out(text);
  out.begin_object().field("format", 1).field("waypost", version());
  out.field("created_at", to_rfc3339(SystemClock().now())).field("secret_key", has_key).end_object();
  return text + "\n";
}

Result<void> write_text(const fs::path& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  if (stream.flush()) return {};
  return fail(Code::internal, "cannot write " + file.string());
}

/// Everything that goes into a backup, gathered in the staging folder. What the database speaks of is there
/// before it is copied or comes right after: a file that is deleted in between was linked before.
Result<void> gather(const BackupArguments& arguments, const Config& config, const fs::path& staging) {
  const auto link_all = [&]() -> Result<void> {
    for (const std::string_view folder :
         {std::string_view("manifests"), std::string_view("reports"), folder_of_sources})
      if (auto linked = link_files(config.data_dir, staging, folder); !linked) return linked;
    return {};
  };
  if (auto linked = link_all(); !linked) return linked;
  if (auto copied = store::copy_sqlite(config.database_path(), staging / database_name); !copied)
    return copied;
  if (auto linked = link_all(); !linked) return linked;
  if (arguments.with_secret_key) {
    std::error_code error;
    fs::copy_file(config.secret_key_path(), staging / key_name, error);
    if (error)
      return fail(Code::internal,
                  "cannot read " + config.secret_key_path().string() + ": " + error.message());
  }
  return write_text(staging / facts_name, facts_text(arguments.with_secret_key));
}

std::vector<ArchiveMember> members_of(const fs::path& staging) {
  std::vector<ArchiveMember> members;
  for (const auto& entry : fs::recursive_directory_iterator(staging))
    if (entry.is_regular_file())
      members.push_back({fs::relative(entry.path(), staging).string(), entry.path()});
  std::ranges::sort(members, {}, &ArchiveMember::name);
  return members;
}

Result<std::size_t> back_up(const BackupArguments& arguments, const Config& config) {
  std::error_code error;
  if (!fs::exists(config.database_path(), error))
    return fail(Code::not_found,
                "there is nothing to back up: " + config.database_path().string() + " is not there");
  if (fs::exists(arguments.archive, error))
    return fail(Code::conflict, arguments.archive.string() + " is there already; choose another name");
  sweep(config.data_dir);
  const Staging staging(config.data_dir);
  if (auto gathered = gather(arguments, config, staging.path()); !gathered)
    return std::unexpected(gathered.error());
  const auto members = members_of(staging.path());
  if (auto written = write_archive(arguments.archive, members); !written)
    return std::unexpected(written.error());
  return members.size();
}

/// Whether nothing is there yet.
bool is_vacant(const fs::path& directory) {
  std::error_code error;
  return !fs::exists(directory, error) ||
         (fs::is_directory(directory, error) && fs::is_empty(directory, error));
}

/// Moves what was unpacked to where the configuration has it, the database last: without it there is no
/// store.
Result<void> put_in_place(const fs::path& from, const std::vector<std::string>& names, const Config& config) {
  const auto move = [&](const std::string& name, const fs::path& to) -> Result<void> {
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    fs::rename(from / name, to, error);
    if (error) fs::copy_file(from / name, to, error);
    if (!error) return {};
    return fail(Code::internal, "cannot put " + to.string() + " in place: " + error.message());
  };
  for (const auto& name : names) {
    if (name == database_name || name == facts_name) continue;
    const fs::path to = name == key_name ? config.secret_key_path() : config.data_dir / name;
    if (auto moved = move(name, to); !moved) return moved;
  }
  return move(std::string(database_name), config.database_path());
}

Result<std::vector<std::string>> restore(const fs::path& archive, const Config& config) {
  if (!is_vacant(config.data_dir))
    return fail(Code::conflict, config.data_dir.string() +
                                    " is not empty; restore into a directory that is empty or not there");
  std::error_code error;
  if (fs::exists(config.database_path(), error))
    return fail(Code::conflict, config.database_path().string() + " is there already");
  const fs::path draft = config.data_dir / ".restore";
  fs::create_directories(draft, error);
  if (error) return fail(Code::internal, "cannot make " + draft.string() + ": " + error.message());
  const auto lock = store::DirectoryLock::take(config.data_dir);
  auto names = lock ? extract_archive(archive, draft) : std::unexpected(lock.error());
  if (names && std::ranges::find(*names, database_name) == names->end())
    names = fail(Code::internal, archive.string() + " cannot be used: it has no database");
  if (names)
    if (auto placed = put_in_place(draft, *names, config); !placed) names = std::unexpected(placed.error());
  if (names)
    fs::remove_all(draft, error);
  else
    for (const auto& entry : fs::directory_iterator(config.data_dir)) fs::remove_all(entry.path(), error);
  return names;
}

}  // namespace

int run_backup(const BackupArguments& arguments, const Config& config) {
  const auto count = back_up(arguments, config);
  if (!count) return fail_with(count.error().message);
  std::error_code error;
  const auto bytes = fs::file_size(arguments.archive, error);
  if (arguments.json) {
    std::string text;
    json::Writer(text)
        .begin_object()
        .field("archive", arguments.archive.string())
        .field("bytes", static_cast<std::int64_t>(bytes))
        .field("files", static_cast<std::int64_t>(*count))
        .field("secret_key", arguments.with_secret_key)
        .end_object();
    std::cout << text << '\n';
  } else {
    std::cout << fmt::format("{}: {} files, {:.1f} MB\n", arguments.archive.string(), *count,
                             static_cast<double>(bytes) / 1e6);
  }
  if (!arguments.with_secret_key)
    std::cerr << "keep " << config.secret_key_path().string()
              << " too, and apart from it: without that key the secrets in the backup cannot be read\n";
  return 0;
}

int run_restore(const fs::path& archive, bool json, const Config& config) {
  const auto names = restore(archive, config);
  if (!names) return fail_with(names.error().message);
  const bool has_key = std::ranges::find(*names, key_name) != names->end();
  if (json) {
    std::string text;
    json::Writer(text)
        .begin_object()
        .field("data_dir", config.data_dir.string())
        .field("files", static_cast<std::int64_t>(names->size()))
        .field("secret_key", has_key)
        .end_object();
    std::cout << text << '\n';
  } else {
    std::cout << fmt::format("{}: {} files restored\n", config.data_dir.string(), names->size());
  }
  if (!has_key)
    std::cerr << "put the secret key that the backup was made with at " << config.secret_key_path().string()
              << " before the first start: without it the secrets cannot be read\n";
  return 0;
}

}  // namespace waypost::app
