#pragma once

#include <cstdint>
#include <optional>

#include "waypost/net/http.hpp"

namespace waypost::api {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< one past the last byte
};

/// The one range that a request asks for (RFC 9110 §14), of a body of `size` bytes. Outer nothing: the whole
/// body is meant (no Range, several ranges, another unit, or If-Range names another version). Inner nothing:
/// not satisfiable.
std::optional<std::optional<ByteRange>> byte_range(const net::RequestHead& head, std::string_view etag,
                                                   std::uint64_t size);

}  // namespace waypost::api
