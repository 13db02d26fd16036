#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/batch/chunk.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/batch/report.hpp"

namespace waypost::batch::testing {

/// A directory of its own, gone with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "waypost-batch-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory: " + name);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

 private:
  std::filesystem::path path_;
};

/// Uploads `body` in pieces of `piece` bytes (0 for one).
inline Result<ManifestFacts> upload(const std::filesystem::path& dir, std::string_view id,
                                    ManifestFormat format, std::string_view body, ManifestLimits limits = {},
                                    std::size_t piece = 0) {
  auto writer = ManifestWriter::create(dir, id, format, limits);
  if (!writer) return std::unexpected(writer.error());
  if (piece == 0) piece = std::max<std::size_t>(body.size(), 1);
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    if (auto taken = writer->append(body.substr(0, piece)); !taken) return std::unexpected(taken.error());
  }
  return writer->finish();
}

inline std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// A deterministic source of numbers below `bound`: a failing seed can be run again.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2654435761U + 1) {}
  std::size_t below(std::size_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ % bound);
  }

 private:
  std::uint64_t state_;
};

}  // namespace waypost::batch::testing
