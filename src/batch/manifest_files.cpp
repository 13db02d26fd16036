#include "batch/manifest_files.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "waypost/base/json.hpp"

namespace waypost::batch {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the index is read and written as it lies in memory");

constexpr std::string_view kMagic = "WPMANIF1";

std::string bytes_of(std::uint64_t number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

std::unexpected<Error> damaged(std::string cause) {
  return fail(Code::internal, "the stored manifest is damaged", std::move(cause));
}

bool plain_name(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

Result<ManifestPaths> manifest_paths(const std::filesystem::path& dir, std::string_view id) {
  if (!plain_name(id)) return fail(Code::unknown_manifest, fmt::format("\"{}\" is no manifest's id", id));
  const auto path = [&](std::string_view suffix, std::string_view part) {
    return dir / fmt::format("{}{}{}", id, suffix, part);
  };
  return ManifestPaths{path(kDataSuffix, ""), path(kIndexSuffix, ""), path(kDataSuffix, kPartSuffix),
                       path(kIndexSuffix, kPartSuffix)};
}

std::string encode(const IndexEntry& entry) {
  return bytes_of(entry.offset) + bytes_of(entry.first_row) + bytes_of(entry.line);
}

IndexEntry decode_entry(std::string_view bytes) {
  return {number_at(bytes, 0), number_at(bytes, 8), number_at(bytes, 16)};
}

std::string encode(const ManifestFacts& facts) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .field("format", to_string(facts.format))
      .field("rows", static_cast<std::int64_t>(facts.rows))
      .field("bytes", static_cast<std::int64_t>(facts.bytes))
      .field("chunks", static_cast<std::int64_t>(facts.chunks))
      .field("etag", facts.etag)
      .key("columns")
      .begin_array();
  for (const std::string& column : facts.columns) writer.string(column);
  writer.end_array().end_object();
  const std::uint64_t length = out.size();
  out += bytes_of(length);
  out += kMagic;
  return out;
}

Result<std::uint64_t> decode_trailer(std::string_view bytes) {
  if (bytes.substr(8) != kMagic) return damaged("the index does not end with its magic word");
  return number_at(bytes, 0);
}

Result<ManifestFacts> decode_facts(std::string_view json) {
  const auto document = json::Document::parse(json);
  if (!document) return damaged(document.error().message);
  constexpr json::Fields::Range<std::int64_t> kAny{0, INT64_MAX};
  std::vector<Fault> faults;
  json::Fields fields(document->root(), "", faults);
  const auto format = manifest_format(fields.string("format").value_or(""));
  const auto rows = fields.integer("rows", kAny);
  const auto bytes = fields.integer("bytes", kAny);
  const auto chunks = fields.integer("chunks", kAny);
  const auto etag = fields.string("etag");
  auto columns = fields.strings("columns");
  fields.finish();
  if (!faults.empty()) return damaged(faults.front().pointer.value_or("") + ": " + faults.front().detail);
  if (!format || !rows || !bytes || !chunks || !etag || !columns) return damaged("a fact is missing");
  return ManifestFacts{.format = *format,
                       .rows = static_cast<std::uint64_t>(*rows),
                       .bytes = static_cast<std::uint64_t>(*bytes),
                       .chunks = static_cast<std::uint64_t>(*chunks),
                       .etag = std::string(*etag),
                       .columns = std::move(*columns)};
}

}  // namespace waypost::batch
