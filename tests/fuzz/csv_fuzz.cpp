// A manifest's text: reading it whole and cut in two must tell the same rows, columns and faults, and what
// was accepted must be read back row for row. The first byte chooses the format, the second where to cut.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "batch/manifest_text.hpp"
#include "batch/rows.hpp"
#include "check.hpp"

namespace {

using namespace waypost;
using namespace waypost::batch;

struct Found {
  std::uint64_t rows = 0;
  std::uint64_t data_start = 0;
  std::uint64_t line = 0;
  std::vector<std::string> columns;
  bool failed = false;
  std::size_t fault_line = 0;
  std::size_t fault_column = 0;
};

Found read(ManifestFormat format, std::string_view head, std::string_view tail) {
  Found found;
  const auto text = ManifestText::make(format, [&found](ManifestText::Place) -> Result<void> {
    ++found.rows;
    return {};
  });
  Result<void> fed = text->feed(head);
  if (fed) fed = text->feed(tail);
  if (fed) fed = text->finish();
  if (fed) {
    found.columns = text->columns();
    found.data_start = text->data_start().offset;
    found.line = text->data_start().line;
    return found;
  }
  require(fed.error().code == Code::malformed_manifest);
  found.failed = true;
  found.fault_line = fed.error().line.value();
  found.fault_column = fed.error().column.value();
  return found;
}

void require_readable(ManifestFormat format, const Found& found, std::string_view text) {
  const ManifestFacts facts{.format = format, .rows = found.rows, .columns = found.columns};
  const ManifestChunk chunk{.first_row = 1,
                            .rows = found.rows,
                            .line = found.line,
                            .bytes = std::string(text.substr(found.data_start))};
  std::uint64_t rows = 0;
  const auto read = for_each_row(chunk, facts, [&](const InputRow& row) {
    require(row.number == ++rows);
    return true;
  });
  require(read.has_value());
  require(rows == found.rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto format = data[0] % 2 == 0 ? ManifestFormat::csv : ManifestFormat::ndjson;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t cut = text.empty() ? 0 : data[1] % (text.size() + 1);
  const Found whole = read(format, text, "");
  const Found halves = read(format, text.substr(0, cut), text.substr(cut));
  require(whole.failed == halves.failed && whole.columns == halves.columns);
  require(whole.fault_line == halves.fault_line && whole.fault_column == halves.fault_column);
  require(whole.failed || whole.rows == halves.rows);
  if (!whole.failed && !whole.columns.empty()) require_readable(format, whole, text);
  return 0;
}
