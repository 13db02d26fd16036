#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "waypost/base/error.hpp"
#include "waypost/base/key_file.hpp"

namespace waypost {

/// Encrypts the secrets that the store keeps (AES-256-GCM under a key derived from a master key). Each sealed
/// text names its key. Any thread.
class SecretBox {
 public:
  explicit SecretBox(const MasterKeys& master);
  explicit SecretBox(const Key& master) : SecretBox(MasterKeys{.keys = {master}, .signing = {}}) {}
  ~SecretBox();

  /// Seals under the first of these from now on. What earlier ones sealed stays readable: it may be in memory
  /// somewhere.
  void replace(const MasterKeys& master);

  /// Printable: "enc2:", the key's id and base64. Sealing the same text twice gives two different forms.
  std::string seal(std::string_view text) const;
  /// What was sealed. Fails with Code::internal when the text was sealed under a key that is not here, or was
  /// altered.
  Result<std::string> unseal(std::string_view sealed) const;
  /// The same secret under the newest key; nothing when it is under that already, or cannot be read.
  std::optional<std::string> reseal(std::string_view sealed) const;
  /// The id of the key under which a text was sealed; "" when it is not sealed, or under none of these.
  std::string key_of(std::string_view sealed) const;
  /// Whether a text is in sealed form, and so has to be unsealed before use.
  static bool is_sealed(std::string_view text);

 private:
  struct Sealer;
  using Sealers = std::vector<Sealer>;
  std::shared_ptr<const Sealers> sealers() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Sealers> sealers_;  ///< the newest first
};

}  // namespace waypost
