#include "waypost/base/secret_box.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "waypost/base/text.hpp"

namespace waypost {
namespace {

constexpr std::string_view prefix = "enc1:";
constexpr std::size_t nonce_size = 12, tag_size = 16;

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
  return fail(Code::internal,
              "a stored secret cannot be decrypted: it was encrypted with another key file or was altered; "
              "restore the key file (secrets.key_file) that belongs to this data directory");
}

}  // namespace

Result<SecretBox> SecretBox::open(const std::filesystem::path& key_file) {
  const auto master = open_key_file(key_file);
  if (!master) return std::unexpected(master.error());
  return SecretBox(*master);
}

SecretBox::SecretBox(const Key& master) : key_(derive_key(master, "waypost secrets at rest v1")) {}

std::string SecretBox::seal(std::string_view text) const {
  std::vector<unsigned char> out(nonce_size + text.size() + tag_size);
  need(RAND_bytes(out.data(), nonce_size) == 1);
  const Cipher cipher = make_cipher();
  need(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), out.data()) == 1);
  int length = 0;
  need(EVP_EncryptUpdate(cipher.get(), out.data() + nonce_size, &length, bytes_of(text),
                         static_cast<int>(text.size())) == 1);
  need(EVP_EncryptFinal_ex(cipher.get(), out.data() + nonce_size + length, &length) == 1);
  need(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                           out.data() + nonce_size + text.size()) == 1);
  return std::string(prefix) + text::base64(out);
}

Result<std::string> SecretBox::unseal(std::string_view sealed) const {
  if (!is_sealed(sealed)) return not_ours();
  auto in = text::base64_decode(sealed.substr(prefix.size()));
  if (!in || in->size() < nonce_size + tag_size) return not_ours();
  const std::size_t size = in->size() - nonce_size - tag_size;
  std::string text(size, '\0');
  const Cipher cipher = make_cipher();
  int length = 0;
  need(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), in->data()) == 1);
  need(EVP_DecryptUpdate(cipher.get(), reinterpret_cast<unsigned char*>(text.data()), &length,
                         in->data() + nonce_size, static_cast<int>(size)) == 1);
  need(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_size, in->data() + nonce_size + size) ==
       1);
  if (EVP_DecryptFinal_ex(cipher.get(), reinterpret_cast<unsigned char*>(text.data()) + size, &length) != 1)
    return not_ours();
  return text;
}

}  // namespace waypost
