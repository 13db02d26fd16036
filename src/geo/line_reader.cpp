#include "geo/line_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace waypost::geo {
namespace {

constexpr std::size_t chunk = 64 << 10;
constexpr std::size_t longest_line = 1 << 20;

}  // namespace

LineReader::Inflate::Inflate() {
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("zlib cannot be initialised");
}

LineReader::Inflate::~Inflate() {
  inflateEnd(&stream);
}

std::unexpected<Error> LineReader::broken(const std::string& why) const {
  return fail(Code::validation_failed, name_ + ": " + why);
}

Result<LineReader> LineReader::open(const std::filesystem::path& path) {
  LineReader reader;
  reader.name_ = path.filename().string();
  reader.file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (reader.file_.get() < 0 || ::fstat(reader.file_.get(), &status) != 0) {
    return fail(Code::validation_failed, "cannot open " + path.string() + ": " + std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode))
    return fail(Code::validation_failed, path.string() + " is a directory, not a file");
  reader.size_ = static_cast<std::uint64_t>(status.st_size);
  return reader;
}

LineReader LineReader::over(std::string_view bytes, std::string name) {
  LineReader reader;
  reader.name_ = std::move(name);
  reader.memory_ = bytes;
  reader.size_ = bytes.size();
  return reader;
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t searched = at_;
  for (;;) {
    const auto end = text_.find('\n', searched);
    if (end != std::string::npos) {
      auto line = std::string_view(text_).substr(at_, end - at_);
      at_ = end + 1;
      ++line_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      return line;
    }
    searched = text_.size() - at_;
    text_.erase(0, at_);
    at_ = 0;
    if (text_.size() > longest_line) {
      return broken("line " + std::to_string(line_ + 1) + " is longer than 1 MiB: this is no table of text");
    }
    const auto more = read_more();
    if (!more) return std::unexpected(more.error());
    if (*more) continue;
    if (text_.empty()) return std::nullopt;
    text_ += '\n';  // the last line has no end of its own
  }
}

/// Appends to text_; false at the end.
Result<bool> LineReader::read_more() {
  if (input_.empty()) {
    auto input = read_input();
    if (!input) return std::unexpected(input.error());
    input_ = *input;
  }
  if (!started_) {
    started_ = true;
    if (input_.starts_with("\x1f\x8b")) gzip_ = std::make_unique<Inflate>();
  }
  if (gzip_) return inflate_more();
  text_ += input_;
  return !std::exchange(input_, {}).empty();
}

Result<std::string_view> LineReader::read_input() {
  if (file_.get() < 0) {
    const auto part = memory_.substr(0, chunk);
    memory_.remove_prefix(part.size());
    consumed_ += part.size();
    return part;
  }
  input_buffer_.resize(chunk);
  ssize_t n = 0;
  do n = ::read(file_.get(), input_buffer_.data(), input_buffer_.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return broken(std::string("cannot be read: ") + std::strerror(errno));
  consumed_ += static_cast<std::uint64_t>(n);
  return std::string_view(input_buffer_).substr(0, static_cast<std::size_t>(n));
}

Result<bool> LineReader::inflate_more() {
  auto& stream = gzip_->stream;
  if (input_.empty()) {
    if (gzip_->inside_member) return broken("the gzip data ends too early: the file is truncated");
    return false;
  }
  if (!gzip_->inside_member) {
    inflateReset(&stream);
    gzip_->inside_member = true;
  }
  const auto old_size = text_.size();
  text_.resize(old_size + chunk);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
  stream.avail_in = static_cast<uInt>(input_.size());
  stream.next_out = reinterpret_cast<Bytef*>(text_.data() + old_size);
  stream.avail_out = static_cast<uInt>(chunk);
  const int status = ::inflate(&stream, Z_NO_FLUSH);
  text_.resize(old_size + chunk - stream.avail_out);
  input_.remove_prefix(input_.size() - stream.avail_in);
  if (status == Z_STREAM_END) gzip_->inside_member = false;
  if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
    return broken("the gzip data is broken near byte " + std::to_string(consumed_ - input_.size()));
  }
  return true;
}

}  // namespace waypost::geo
