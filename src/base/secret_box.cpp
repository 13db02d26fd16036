#include "waypost/base/secret_box.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "waypost/base/text.hpp"

namespace waypost {
namespace {

/// Sealed texts of the first form do not name their key: each is tried.
constexpr std::string_view nameless_prefix = "enc1:", prefix = "enc2:";
constexpr std::size_t nonce_size = 12, tag_size = 16, id_size = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher make_cipher() {
  return {EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void need(bool done) {
  if (!done) throw std::runtime_error("AES-256-GCM is not available");
}

std::unexpected<Error> not_ours() {
  return fail(
      Code::internal,
      "a stored secret cannot be decrypted: it was encrypted with another key or was altered; restore "
      "the key file (secrets.key_file) that belongs to this data directory");
}

std::string encrypt(const Key& key, std::string_view text) {
  std::vector<unsigned char> out(nonce_size + text.size() + tag_size);
  need(RAND_bytes(out.data(), nonce_size) == 1);
  const Cipher cipher = make_cipher();
  need(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), out.data()) == 1);
  int length = 0;
  need(EVP_EncryptUpdate(cipher.get(), out.data() + nonce_size, &length, bytes_of(text),
                         static_cast<int>(text.size())) == 1);
  need(EVP_EncryptFinal_ex(cipher.get(), out.data() + nonce_size + length, &length) == 1);
  need(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                           out.data() + nonce_size + text.size()) == 1);
  return text::base64(out);
}

std::optional<std::string> decrypt(const Key& key, std::string_view base64) {
  auto in = text::base64_decode(base64);
  if (!in || in->size() < nonce_size + tag_size) return {};
  const std::size_t size = in->size() - nonce_size - tag_size;
  std::string text(size, '\0');
  const Cipher cipher = make_cipher();
  int length = 0;
  need(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), in->data()) == 1);
  need(EVP_DecryptUpdate(cipher.get(), reinterpret_cast<unsigned char*>(text.data()), &length,
                         in->data() + nonce_size, static_cast<int>(size)) == 1);
  need(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_size, in->data() + nonce_size + size) ==
       1);
  if (EVP_DecryptFinal_ex(cipher.get(), reinterpret_cast<unsigned char*>(text.data()) + size, &length) != 1)
    return {};
  return text;
}

}  // namespace

struct SecretBox::Sealer {
  std::string id;
  Key key;
};

SecretBox::SecretBox(const MasterKeys& master) : sealers_(std::make_shared<Sealers>()) {
  replace(master);
}

SecretBox::~SecretBox() = default;

std::shared_ptr<const SecretBox::Sealers> SecretBox::sealers() const {
  const std::lock_guard lock(mutex_);
  return sealers_;
}

void SecretBox::replace(const MasterKeys& master) {
  auto after = std::make_shared<Sealers>();
  for (const Key& key : master.keys)
    after->push_back({key_id(key), derive_key(key, "waypost secrets at rest v1")});
  const std::lock_guard lock(mutex_);
  for (const Sealer& known : *sealers_)
    if (std::ranges::find(*after, known.id, &Sealer::id) == after->end()) after->push_back(known);
  sealers_ = std::move(after);
}

std::string SecretBox::seal(std::string_view text) const {
  const auto all = sealers();
  const Sealer& newest = all->front();
  return std::string(prefix) + newest.id + ":" + encrypt(newest.key, text);
}

Result<std::string> SecretBox::unseal(std::string_view sealed) const {
  const bool named = sealed.starts_with(prefix);
  if (!named && !sealed.starts_with(nameless_prefix)) return not_ours();
  sealed.remove_prefix(prefix.size());
  const std::string_view id = named ? sealed.substr(0, id_size) : "";
  if (named && (sealed.size() <= id_size || sealed[id_size] != ':')) return not_ours();
  if (named) sealed.remove_prefix(id_size + 1);
  for (const Sealer& sealer : *sealers()) {
    if (named && sealer.id != id) continue;
    if (auto text = decrypt(sealer.key, sealed)) return std::move(*text);
  }
  return not_ours();
}

std::optional<std::string> SecretBox::reseal(std::string_view sealed) const {
  if (!is_sealed(sealed) || sealed.starts_with(std::string(prefix) + sealers()->front().id + ":")) return {};
  const auto text = unseal(sealed);
  return text ? std::optional(seal(*text)) : std::nullopt;
}

std::string SecretBox::key_of(std::string_view sealed) const {
  if (sealed.starts_with(prefix)) return std::string(sealed.substr(prefix.size(), id_size));
  if (!sealed.starts_with(nameless_prefix)) return {};
  for (const Sealer& sealer : *sealers())
    if (decrypt(sealer.key, sealed.substr(nameless_prefix.size()))) return sealer.id;
  return {};
}

bool SecretBox::is_sealed(std::string_view text) {
  return text.starts_with(prefix) || text.starts_with(nameless_prefix);
}

}  // namespace waypost
