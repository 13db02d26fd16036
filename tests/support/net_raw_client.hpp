#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace waypost::test {

/// A response as it stood on the wire.
struct RawResponse {
  int status = 0;
  std::string head;                                ///< start line and fields, with the empty line
  std::multimap<std::string, std::string> fields;  ///< names in lower case
  std::string body;                                ///< with any chunked coding taken off
  bool chunked = false;
  bool complete = false;  ///< false when the connection ended before the response did
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string{} : found->second;
  }
  bool has(const std::string& name) const { return fields.contains(name); }
};

/// A blocking socket to a server on loopback that sends exactly the bytes it is told. Every wait ends after
/// 20 s at the latest, so that a fault in the server is a failure and not a hang.
class RawClient {
 public:
  /// `from` is the loopback address that it comes from.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0, const char* from = "127.0.0.1");
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the peer no longer takes bytes.
  bool send(std::string_view bytes);
  void shutdown_send();
  /// The next response; `head_only` for the answer to a HEAD request.
  RawResponse receive(bool head_only = false);
  /// All bytes until the peer closes.
  std::string receive_all();
  /// At least one more byte of what was not received yet; "" at the end.
  std::string receive_some();
  /// Whether the peer closes without sending more.
  bool closed_by_peer();

 private:
  bool fill();
  std::optional<std::string> line();
  void read_chunks(RawResponse& response);
  int socket_;
  std::string buffer_;
};

/// Sends `request` on a connection of its own and receives one response.
RawResponse exchange(std::uint16_t port, std::string_view request);

}  // namespace waypost::test
