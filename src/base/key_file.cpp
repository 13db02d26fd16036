#include "waypost/base/key_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>

#include "waypost/base/text.hpp"

namespace waypost {
namespace {

constexpr std::string_view signing_prefix = "signing:";

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

std::unexpected<Error> refuse(const std::filesystem::path& file, const std::string& why) {
  return fail(Code::internal, "the key file " + file.string() + " " + why);
}

std::unexpected<Error> cannot_make(const std::filesystem::path& file, int error) {
  return fail(Code::internal,
              "cannot make the key file " + file.string() + ": " + std::strerror(error) +
                  "; mend the directory's permissions or set secrets.key_file to another place");
}

void fill_random(std::span<unsigned char> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system has no random bytes");
}

std::optional<unsigned char> nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned char>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<Key> parse_hex(std::string_view digits) {
  Key key{};
  if (digits.size() != 2 * key.size()) return std::nullopt;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto high = nibble(digits[2 * i]);
    const auto low = nibble(digits[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    key[i] = static_cast<unsigned char>(*high << 4 | *low);
  }
  return key;
}

/// Splits at white space and commas.
std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view between = " \t\r\n,";
  std::vector<std::string_view> words;
  for (auto begin = text.find_first_not_of(between); begin != std::string_view::npos;
       begin = text.find_first_not_of(between, begin)) {
    const auto end = std::min(text.find_first_of(between, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::string text_of(const MasterKeys& master) {
  std::string text;
  for (const Key& key : master.keys) text += text::hex(key) + "\n";
  if (master.signing) text += std::string(signing_prefix) + text::hex(*master.signing) + "\n";
  return text;
}

Result<MasterKeys> read_keys(const std::filesystem::path& file, const Descriptor& opened) {
  struct stat facts{};
  if (::fstat(opened.get(), &facts) != 0)
    return refuse(file, std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) return refuse(file, "is not a file; set secrets.key_file to a file");
  if ((facts.st_mode & 077) != 0)
    return refuse(file, "can be read by other users; make it private again: chmod 600 " + file.string());
  std::array<char, 4096> buffer{};  // more than the longest one has
  const auto length = ::read(opened.get(), buffer.data(), buffer.size());
  if (length < 0) return refuse(file, std::string("cannot be read: ") + std::strerror(errno));
  auto keys = parse_master_keys({buffer.data(), static_cast<std::size_t>(length)});
  OPENSSL_cleanse(buffer.data(), buffer.size());
  if (!keys)
    return refuse(
        file,
        "is malformed: it must hold keys of 64 hex digits. Restore it from a backup: what was encrypted with "
        "it cannot be read without it. Only if nothing was, remove it, and a new one is made");
  return std::move(*keys);
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Writes `keys` beside `file`, whole and synced, and lets `publish(draft)` give it its name: a crash leaves
/// no half of a key. What `publish` answers is an error number.
template <class Publish>
Result<void> write_draft(const std::filesystem::path& file, const MasterKeys& keys, Publish publish) {
  std::array<unsigned char, 8> suffix{};
  fill_random(suffix);
  const std::filesystem::path draft = file.string() + "." + text::hex(suffix);
  std::string text = text_of(keys);
  int error = 0;
  {
    const Descriptor out(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!out) return cannot_make(file, errno);
    if (!write_all(out.get(), text) || ::fsync(out.get()) != 0) error = errno;
  }
  OPENSSL_cleanse(text.data(), text.size());
  if (error == 0) error = publish(draft);
  ::unlink(draft.c_str());
  if (error != 0) return cannot_make(file, error);
  const auto directory = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const Descriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) return cannot_make(file, errno);
  return {};
}

/// Of two processes that start at once the first one's key stands.
Result<void> make_file(const std::filesystem::path& file) {
  return write_draft(file, {.keys = {make_key()}, .signing = {}}, [&](const std::filesystem::path& draft) {
    return ::link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST ? 0 : errno;
  });
}

}  // namespace

Result<MasterKeys> open_key_file(const std::filesystem::path& file) {
  // Non-blocking: a pipe at that place must not hang the start.
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  {
    const Descriptor opened(::open(file.c_str(), flags));
    if (opened) return read_keys(file, opened);
    if (errno != ENOENT) return refuse(file, std::string("cannot be opened: ") + std::strerror(errno));
  }
  if (auto made = make_file(file); !made) return std::unexpected(made.error());
  const Descriptor opened(::open(file.c_str(), flags));
  if (!opened) return refuse(file, std::string("cannot be opened: ") + std::strerror(errno));
  return read_keys(file, opened);
}

Result<void> write_key_file(const std::filesystem::path& file, const MasterKeys& keys) {
  return write_draft(file, keys, [&](const std::filesystem::path& draft) {
    return ::rename(draft.c_str(), file.c_str()) == 0 ? 0 : errno;
  });
}

Key make_key() {
  Key key{};
  fill_random(key);
  return key;
}

std::string key_id(const Key& master) {
  const Key id = derive_key(master, "waypost key id v1");
  return text::hex(std::span(id).first(8));
}

Key MasterKeys::signing_key() const {
  return signing.value_or(derive_key(keys.back(), "waypost webhook signing v1"));
}

std::optional<MasterKeys> parse_master_keys(std::string_view text) {
  MasterKeys master;
  for (std::string_view word : words_of(text)) {
    const bool signs = word.starts_with(signing_prefix);
    if (signs) word.remove_prefix(signing_prefix.size());
    const auto key = parse_hex(word);
    if (!key || (signs && master.signing) ||
        (!signs && std::ranges::find(master.keys, *key) != master.keys.end()))
      return {};
    if (signs)
      master.signing = *key;
    else
      master.keys.push_back(*key);
  }
  if (master.keys.empty() || master.keys.size() > MasterKeys::most) return {};
  return master;
}

Key derive_key(const Key& master, std::string_view label) {
  const std::string info = std::string(label) + '\x01';
  Key key{};
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), master.data(), static_cast<int>(master.size()),
           reinterpret_cast<const unsigned char*>(info.data()), info.size(), key.data(), &length) == nullptr)
    throw std::runtime_error("HMAC-SHA256 is not available");
  return key;
}

}  // namespace waypost
