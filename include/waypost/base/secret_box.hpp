#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "waypost/base/error.hpp"
#include "waypost/base/key_file.hpp"

namespace waypost {

/// Encrypts the secrets that the store keeps (AES-256-GCM under a key derived from the key file). Immutable;
/// any thread.
class SecretBox {
 public:
  /// Opens or makes the key file; fails as `open_key_file` does.
  static Result<SecretBox> open(const std::filesystem::path& key_file);
  explicit SecretBox(const Key& master);

  /// Printable: "enc1:" and base64. Sealing the same text twice gives two different forms.
  std::string seal(std::string_view text) const;
  /// What was sealed. Fails with Code::internal when the text was sealed under another key file, or was
  /// altered.
  Result<std::string> unseal(std::string_view sealed) const;
  /// Whether a text is in sealed form, and so has to be unsealed before use.
  static bool is_sealed(std::string_view text) { return text.starts_with("enc1:"); }

 private:
  Key key_;
};

}  // namespace waypost
