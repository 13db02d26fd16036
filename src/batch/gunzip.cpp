#include "batch/gunzip.hpp"

#include <zlib.h>

#include <new>
#include <string>

#include <fmt/format.h>

namespace waypost::batch {
namespace {

constexpr std::size_t kOut = 64U << 10;
constexpr int kGzipOnly = 15 + 16;

Error broken(std::uint64_t byte, std::string_view what) {
  return {.code = Code::malformed_manifest,
          .message = fmt::format("byte {}: {}; compress the file again", byte, what),
          .byte = byte};
}

}  // namespace

void Gunzip::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  std::default_delete<z_stream_s>()(stream);
}

Gunzip::Gunzip() {
  auto stream = std::make_unique<z_stream_s>();
  if (inflateInit2(stream.get(), kGzipOnly) != Z_OK) throw std::bad_alloc();
  stream_.reset(stream.release());
}

Result<void> Gunzip::feed(std::string_view bytes, const Sink& sink) {
  std::string out(kOut, '\0');
  z_stream_s& stream = *stream_;
  // zlib's interface speaks of mutable unsigned bytes; it does not write its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  bool filled = false;
  while (stream.avail_in > 0 || filled) {
    if (at_member_end_) {
      inflateReset(&stream);
      at_member_end_ = false;
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = kOut;
    const int status = inflate(&stream, Z_NO_FLUSH);
    const std::uint64_t position = consumed_ + (bytes.size() - stream.avail_in);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return std::unexpected(broken(position, fmt::format("the gzip data is broken ({})",
                                                          stream.msg != nullptr ? stream.msg : "zlib")));
    }
    const std::size_t made = kOut - stream.avail_out;
    filled = made == kOut && status == Z_OK;
    at_member_end_ = status == Z_STREAM_END;
    if (made == 0) continue;
    if (auto taken = sink(std::string_view(out).substr(0, made)); !taken) return taken;
  }
  consumed_ += bytes.size();
  return {};
}

Result<void> Gunzip::finish() const {
  if (at_member_end_) return {};
  return std::unexpected(broken(consumed_, "the gzip data stops before its end"));
}

}  // namespace waypost::batch
