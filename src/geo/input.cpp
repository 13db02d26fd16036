#include "geo/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace waypost::geo {
namespace {

constexpr std::size_t chunk = 128 << 10;

}  // namespace

Input::Inflate::Inflate() {
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("zlib cannot be initialised");
}

Input::Inflate::~Inflate() {
  inflateEnd(&stream);
}

std::unexpected<Error> Input::broken(const std::string& why) const {
  return fail(Code::validation_failed, name_ + ": " + why);
}

Result<Input> Input::open(const std::filesystem::path& path) {
  Input input;
  input.name_ = path.filename().string();
  input.file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (input.file_.get() < 0 || ::fstat(input.file_.get(), &status) != 0) {
    return fail(Code::validation_failed, "cannot open " + path.string() + ": " + std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode))
    return fail(Code::validation_failed, path.string() + " is a directory, not a file");
  input.size_ = static_cast<std::uint64_t>(status.st_size);
  return input;
}

Result<Input> Input::open_part(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t size) {
  auto input = open(path);
  if (!input) return input;
  if (::lseek(input->file_.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    return input->broken(std::string("cannot be read: ") + std::strerror(errno));
  input->size_ = input->left_ = size;
  return input;
}

Input Input::over(std::string_view bytes, std::string name) {
  Input input;
  input.name_ = std::move(name);
  input.memory_ = bytes;
  input.size_ = bytes.size();
  return input;
}

Result<std::string_view> Input::next() {
  if (peeked_) return *std::exchange(peeked_, std::nullopt);
  return next_piece();
}

Result<std::string_view> Input::peek() {
  auto piece = next_piece();
  if (piece) peeked_ = *piece;
  return piece;
}

Result<std::string_view> Input::next_piece() {
  if (gzip_) return inflate();
  auto bytes = read();
  if (!bytes || std::exchange(started_, true) || !bytes->starts_with("\x1f\x8b")) return bytes;
  compressed_ = *bytes;
  gzip_ = std::make_unique<Inflate>();
  return inflate();
}

Result<std::string_view> Input::read() {
  if (file_.get() < 0) {
    const auto part = memory_.substr(0, chunk);
    memory_.remove_prefix(part.size());
    consumed_ += part.size();
    return part;
  }
  buffer_.resize(std::min<std::uint64_t>(chunk, left_));
  if (buffer_.empty()) return std::string_view();
  ssize_t n = 0;
  do n = ::read(file_.get(), buffer_.data(), buffer_.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return broken(std::string("cannot be read: ") + std::strerror(errno));
  consumed_ += static_cast<std::uint64_t>(n);
  left_ -= static_cast<std::uint64_t>(n);
  return std::string_view(buffer_).substr(0, static_cast<std::size_t>(n));
}

Result<std::string_view> Input::inflate() {
  auto& stream = gzip_->stream;
  for (;;) {
    if (compressed_.empty()) {
      const auto bytes = read();
      if (!bytes) return bytes;
      compressed_ = *bytes;
    }
    if (compressed_.empty()) {
      if (gzip_->inside_member) return broken("the gzip data ends too early: the file is truncated");
      return std::string_view();
    }
    if (!gzip_->inside_member) {
      inflateReset(&stream);
      gzip_->inside_member = true;
    }
    inflated_.resize(chunk);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed_.data()));
    stream.avail_in = static_cast<uInt>(compressed_.size());
    stream.next_out = reinterpret_cast<Bytef*>(inflated_.data());
    stream.avail_out = static_cast<uInt>(inflated_.size());
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    compressed_.remove_prefix(compressed_.size() - stream.avail_in);
    if (status == Z_STREAM_END) gzip_->inside_member = false;
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return broken("the gzip data is broken near byte " + std::to_string(consumed_ - compressed_.size()));
    }
    if (stream.avail_out < inflated_.size())
      return std::string_view(inflated_).substr(0, inflated_.size() - stream.avail_out);
  }
}

}  // namespace waypost::geo
