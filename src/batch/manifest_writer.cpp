#include <openssl/evp.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "batch/file.hpp"
#include "batch/gunzip.hpp"
#include "batch/manifest_files.hpp"
#include "batch/manifest_text.hpp"
#include "waypost/base/text.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::batch {
namespace {

constexpr std::string_view kGzipMagic = "\x1F\x8B";

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::runtime_error("OpenSSL has no SHA-256");
    }
  }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return text::hex(digest);
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// Where chunks begin, written as rows end.
class ChunkIndex {
 public:
  ChunkIndex(BufferedFile file, ManifestLimits limits) : file_(std::move(file)), limits_(limits) {}

  Result<void> end_row(ManifestText::Place data_start, ManifestText::Place next) {
    if (rows_in_chunk_ == 0) {
      if (rows_ == 0) start_ = data_start;
      if (auto written = file_.write(encode(IndexEntry{start_.offset, rows_ + 1, start_.line})); !written) {
        return written;
      }
      ++chunks_;
    }
    ++rows_;
    ++rows_in_chunk_;
    if (rows_in_chunk_ >= limits_.chunk_rows || next.offset - start_.offset >= limits_.chunk_bytes) {
      rows_in_chunk_ = 0;
      start_ = next;
    }
    return {};
  }
  Result<void> finish(const ManifestFacts& facts) {
    if (auto written = file_.write(encode(facts)); !written) return written;
    return file_.finish();
  }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t chunks() const { return chunks_; }

 private:
  BufferedFile file_;
  ManifestLimits limits_;
  ManifestText::Place start_;
  std::uint64_t rows_ = 0;
  std::uint64_t rows_in_chunk_ = 0;
  std::uint64_t chunks_ = 0;
};

}  // namespace

// The callbacks point back into this object, so it stays where it was made.
struct ManifestWriter::Impl {
  Impl(std::filesystem::path dir_, ManifestPaths paths_, ManifestFormat format_, ManifestLimits limits_,
       BufferedFile data_, BufferedFile index_)
      : dir(std::move(dir_)),
        paths(std::move(paths_)),
        format(format_),
        limits(limits_),
        data(std::move(data_)),
        index(std::move(index_), limits_),
        text(ManifestText::make(
            format_, [this](ManifestText::Place next) { return index.end_row(text->data_start(), next); })) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (finished) return;
    discard_file(paths.data_part);
    discard_file(paths.index_part);
  }

  Result<void> take(std::string_view bytes);
  Result<void> begin();
  Result<void> take_raw(std::string_view bytes);
  Result<void> take_text(std::string_view bytes);
  Result<ManifestFacts> finish();
  Result<void> put_in_place();

  std::filesystem::path dir;
  ManifestPaths paths;
  ManifestFormat format;
  ManifestLimits limits;
  BufferedFile data;
  ChunkIndex index;
  std::unique_ptr<ManifestText> text;
  Sha256 hash;
  std::string head;  // the first bytes, until it is known whether they are gzip
  bool begun = false;
  std::optional<Gunzip> gunzip;
  std::uint64_t bytes = 0;
  bool finished = false;
  std::optional<Error> failed;
};

Result<void> ManifestWriter::Impl::take(std::string_view raw) {
  if (begun) return take_raw(raw);
  head.append(raw);
  if (head.size() < kGzipMagic.size()) return {};
  return begin();
}

Result<void> ManifestWriter::Impl::begin() {
  begun = true;
  if (head.starts_with(kGzipMagic)) gunzip.emplace();
  return take_raw(std::exchange(head, {}));
}

Result<void> ManifestWriter::Impl::take_raw(std::string_view raw) {
  if (!gunzip) return take_text(raw);
  return gunzip->feed(raw, [this](std::string_view inflated) { return take_text(inflated); });
}

Result<void> ManifestWriter::Impl::take_text(std::string_view inflated) {
  bytes += inflated.size();
  if (bytes > limits.max_bytes) {
    return fail(Code::payload_too_large,
                fmt::format("the manifest is larger than {} bytes (inflated); split it", limits.max_bytes));
  }
  if (auto fed = text->feed(inflated); !fed) return fed;
  hash.add(inflated);
  return data.write(inflated);
}

Result<ManifestFacts> ManifestWriter::Impl::finish() {
  if (!begun) {
    if (auto taken = begin(); !taken) return std::unexpected(taken.error());
  }
  if (gunzip) {
    if (auto ended = gunzip->finish(); !ended) return std::unexpected(ended.error());
  }
  if (auto ended = text->finish(); !ended) return std::unexpected(ended.error());
  if (index.rows() == 0) {
    return fail(Code::empty_manifest, format == ManifestFormat::csv
                                          ? "the manifest has no rows after its header row"
                                          : "the manifest has no rows");
  }
  ManifestFacts facts{.format = format,
                      .rows = index.rows(),
                      .bytes = bytes,
                      .chunks = index.chunks(),
                      .etag = hash.hex(),
                      .columns = text->columns()};
  if (auto written = data.finish(); !written) return std::unexpected(written.error());
  if (auto written = index.finish(facts); !written) return std::unexpected(written.error());
  if (auto placed = put_in_place(); !placed) return std::unexpected(placed.error());
  return facts;
}

Result<void> ManifestWriter::Impl::put_in_place() {
  if (auto renamed = rename_file(paths.data_part, paths.data); !renamed) return renamed;
  if (auto renamed = rename_file(paths.index_part, paths.index); !renamed) return renamed;
  if (auto synced = sync_directory(dir); !synced) {
    // Not known to be durable, so not there.
    discard_file(paths.index);
    discard_file(paths.data);
    return synced;
  }
  finished = true;
  return {};
}

Result<ManifestWriter> ManifestWriter::create(const std::filesystem::path& dir, std::string_view id,
                                              ManifestFormat format, ManifestLimits limits) {
  auto paths = manifest_paths(dir, id);
  if (!paths) return std::unexpected(paths.error());
  auto data = File::open(paths->data_part, File::Mode::create);
  if (!data) return std::unexpected(data.error());
  auto index = File::open(paths->index_part, File::Mode::create);
  if (!index) {
    discard_file(paths->data_part);
    return std::unexpected(index.error());
  }
  return ManifestWriter(std::make_unique<Impl>(dir, std::move(*paths), format, limits,
                                               BufferedFile(std::move(*data)),
                                               BufferedFile(std::move(*index))));
}

ManifestWriter::ManifestWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ManifestWriter::ManifestWriter(ManifestWriter&&) noexcept = default;
ManifestWriter& ManifestWriter::operator=(ManifestWriter&&) noexcept = default;
ManifestWriter::~ManifestWriter() = default;

Result<void> ManifestWriter::append(std::string_view bytes) {
  if (impl_->failed) return std::unexpected(*impl_->failed);
  auto taken = impl_->take(bytes);
  if (!taken) impl_->failed = taken.error();
  return taken;
}

Result<ManifestFacts> ManifestWriter::finish_as(std::string_view id) {
  auto paths = manifest_paths(impl_->dir, id);
  if (!paths) return std::unexpected(paths.error());
  impl_->paths.data = std::move(paths->data);
  impl_->paths.index = std::move(paths->index);
  return finish();
}

Result<ManifestFacts> ManifestWriter::finish() {
  if (impl_->failed) return std::unexpected(*impl_->failed);
  auto facts = impl_->finish();
  impl_->failed =
      facts ? Error{.code = Code::internal, .message = "the manifest is finished"} : facts.error();
  return facts;
}

}  // namespace waypost::batch
