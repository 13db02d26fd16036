#include "net/content_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

#include "net/characters.hpp"

namespace waypost::net {

using namespace characters;

namespace {

constexpr int level = 5;
constexpr int gzip_window = MAX_WBITS + 16;  // zlib's way of saying "gzip, not zlib"

/// The weight of a list element such as "gzip;q=0.5", in thousandths; 1000 without one, 0 when it is
/// malformed.
int weight(std::string_view parameters) {
  parameters = trim_blanks(parameters);
  if (parameters.empty()) return 1000;
  if (!equals_lower(parameters.substr(0, 2), "q=")) return 1000;
  parameters.remove_prefix(2);
  if (!parameters.starts_with('0') && !parameters.starts_with('1')) return 0;
  int value = (parameters[0] - '0') * 1000;
  if (parameters.size() == 1) return value;
  if (parameters[1] != '.' || parameters.size() > 5) return 0;
  int digit_value = 100;
  for (const char c : parameters.substr(2)) {
    if (c < '0' || c > '9') return 0;
    value += (c - '0') * digit_value;
    digit_value /= 10;
  }
  return std::min(value, 1000);
}

class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, gzip_window) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

/// zlib takes its input as non-const but does not write to it.
void set_input(z_stream& stream, std::string_view data) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
}

void set_output(z_stream& stream, char* at, std::size_t size) {
  stream.next_out = reinterpret_cast<Bytef*>(at);
  stream.avail_out = static_cast<uInt>(size);
}

/// zlib counts in 32 bits, so longer inputs go in parts.
constexpr std::size_t max_part = 1U << 30;

/// Deflates all of `data` onto `out`.
void deflate_onto(z_stream& stream, std::string_view data, int flush, std::string& out) {
  do {
    const std::string_view part = data.substr(0, max_part);
    data.remove_prefix(part.size());
    set_input(stream, part);
    const int part_flush = data.empty() ? flush : Z_NO_FLUSH;
    do {
      const std::size_t at = out.size();
      out.resize(at + std::clamp<std::size_t>(stream.avail_in / 2, 4096, 256 * 1024));
      set_output(stream, out.data() + at, out.size() - at);
      deflate(&stream, part_flush);
      out.resize(out.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!data.empty());
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  int named = -1;
  int any = -1;
  int identity = -1;
  for_each_element(accept_encoding, [&](std::string_view element) {
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    const std::string_view coding = trim_blanks(element.substr(0, semicolon));
    const int q = weight(semicolon < element.size() ? element.substr(semicolon + 1) : std::string_view{});
    if (equals_lower(coding, "gzip") || equals_lower(coding, "x-gzip")) named = q;
    if (coding == "*") any = q;
    if (equals_lower(coding, "identity")) identity = q;
  });
  const int gzip_weight = named >= 0 ? named : any;
  return gzip_weight > 0 && gzip_weight >= identity;
}

bool is_compressible(std::string_view content_type) {
  const std::string_view type = trim_blanks(content_type.substr(0, content_type.find(';')));
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") ||
         type == "image/svg+xml" || type == "application/javascript";
}

std::string gzip(std::string_view data) {
  thread_local Deflater deflater;
  deflateReset(&deflater.stream());
  std::string out;
  deflate_onto(deflater.stream(), data, Z_FINISH, out);
  return out;
}

Result<void> gunzip(std::string_view data, std::size_t max_bytes, std::string& out) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  const std::size_t start = out.size();
  while (true) {
    if (stream.avail_in == 0) {
      set_input(stream, data.substr(0, max_part));
      data.remove_prefix(stream.avail_in);
    }
    const std::size_t at = out.size();
    // One byte over the limit tells "exactly full" from "too large".
    const std::size_t room = max_bytes - (at - start) + 1;
    out.resize(at + std::min(room, std::clamp<std::size_t>(at - start, 4096, 256 * 1024)));
    set_output(stream, out.data() + at, out.size() - at);
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() - start > max_bytes) {
      return fail(Code::payload_too_large, "the body inflates to more than " + std::to_string(max_bytes) +
                                               " bytes, the most taken here");
    }
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0 && data.empty()) return {};
      inflateReset(&stream);
    } else if (status != Z_OK) {
      return fail(Code::malformed_request,
                  "the body is not whole and valid gzip, as its Content-Encoding says");
    }
  }
}

struct GzipStream::State {
  Deflater deflater;
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {}
GzipStream::~GzipStream() = default;

std::string_view GzipStream::compress(std::string_view piece) {
  return run(piece, Z_SYNC_FLUSH);
}
std::string_view GzipStream::finish() {
  return run({}, Z_FINISH);
}

std::string_view GzipStream::run(std::string_view piece, int flush) {
  out_.clear();
  deflate_onto(state_->deflater.stream(), piece, flush, out_);
  return out_;
}

}  // namespace waypost::net
