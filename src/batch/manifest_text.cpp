#include "batch/manifest_text.hpp"

#include <cstring>
#include <set>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "batch/csv.hpp"
#include "batch/utf8.hpp"
#include "waypost/base/json.hpp"

namespace waypost::batch {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string not_utf8(std::string_view rest, bool first_byte) {
  if (first_byte && (rest.starts_with("\xFF\xFE") || rest.starts_with("\xFE\xFF"))) {
    return "the file is UTF-16; save it as UTF-8";
  }
  return fmt::format("byte 0x{:02X} is not valid UTF-8; save the file as UTF-8",
                     static_cast<unsigned char>(rest[0]));
}

// The reader's message, without the place at its end: that counts from the start of the line.
std::string_view without_place(std::string_view message) {
  return message.substr(0, message.rfind(" at line "));
}

class CsvText final : public ManifestText {
 public:
  explicit CsvText(OnRow on_row) : on_row_(std::move(on_row)) {}

  Place data_start() const override { return data_start_; }
  const std::vector<std::string>& columns() const override { return columns_; }

  // The scanner's sink.
  void text(std::string_view piece) {
    if (in_header_ && !error_) value_.append(piece);
  }
  void end_value() {
    if (!in_header_ || error_) return;
    check_column();
    columns_.push_back(std::exchange(value_, {}));
  }
  bool end_row() {
    if (in_header_) {
      in_header_ = false;
      data_start_ = place();
    } else if (auto taken = on_row_(place()); !taken) {
      error_ = taken.error();
    }
    return !error_;
  }

 protected:
  void start(std::uint64_t offset) override { base_ = offset; }
  Result<void> take(std::string_view bytes) override {
    const auto bad = utf8_.feed(bytes);
    const auto fault = scanner_.feed(bytes.substr(0, bad.value_or(bytes.size())), *this);
    if (error_) return std::unexpected(*error_);
    if (fault) return std::unexpected(malformed_at(fault->line, fault->column, fault->message));
    if (!bad) return {};
    const bool first_byte = scanner_.offset() == 0;
    return std::unexpected(
        malformed_at(scanner_.line(), scanner_.column(), not_utf8(bytes.substr(*bad), first_byte)));
  }
  Result<void> end() override {
    if (!utf8_.complete()) {
      return std::unexpected(
          malformed_at(scanner_.line(), scanner_.column(), "the text ends inside a UTF-8 character"));
    }
    const auto fault = scanner_.finish(*this);
    if (error_) return std::unexpected(*error_);
    if (fault) return std::unexpected(malformed_at(fault->line, fault->column, fault->message));
    return {};
  }

 private:
  Place place() const { return {base_ + scanner_.offset(), scanner_.line()}; }
  void check_column() {
    const auto refuse = [this](std::string message) {
      error_ = malformed_at(scanner_.value_line(), scanner_.value_column(), message);
    };
    if (value_.empty()) {
      refuse(fmt::format("column {} has no name; the first row must name every column", columns_.size() + 1));
    } else if (!names_.insert(value_).second) {
      refuse(fmt::format("a second column is named \"{}\"; column names must differ", value_));
    } else if (columns_.size() >= kMaxColumns) {
      refuse(fmt::format("there are more than {} columns", kMaxColumns));
    }
  }

  OnRow on_row_;
  CsvScanner scanner_;
  Utf8Checker utf8_;
  std::uint64_t base_ = 0;
  Place data_start_;
  bool in_header_ = true;
  std::string value_;
  std::vector<std::string> columns_;
  std::unordered_set<std::string> names_;
  std::optional<Error> error_;
};

class NdjsonText final : public ManifestText {
 public:
  explicit NdjsonText(OnRow on_row) : on_row_(std::move(on_row)) {}

  Place data_start() const override { return {base_, 1}; }
  const std::vector<std::string>& columns() const override { return columns_; }

 protected:
  void start(std::uint64_t offset) override {
    base_ = offset;
    offset_ = offset;
  }
  Result<void> take(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end);
      if (carry_.size() + piece.size() > kMaxFieldBytes) {
        return std::unexpected(
            malformed_at(line_, 1, fmt::format("this line is longer than {} bytes", kMaxFieldBytes)));
      }
      if (end == std::string_view::npos) {
        carry_.append(piece);
        offset_ += piece.size();
        return {};
      }
      bytes.remove_prefix(end + 1);
      offset_ += piece.size() + 1;
      if (auto ended = end_line(piece, line_ + 1); !ended) return ended;
    }
    return {};
  }
  Result<void> end() override { return end_line({}, line_); }

 private:
  Result<void> end_line(std::string_view piece, std::uint64_t next_line) {
    std::string_view line = piece;
    if (!carry_.empty()) line = carry_.append(piece);
    const auto taken = take_row(line, {offset_, next_line});
    carry_.clear();
    line_ = next_line;
    return taken;
  }
  Result<void> take_row(std::string_view line, Place next) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
    const auto document = json::Document::parse(line);
    if (!document) {
      return std::unexpected(
          malformed_at(line_, document.error().column.value_or(1), without_place(document.error().message)));
    }
    if (!document->root().is(json::Kind::object)) {
      return std::unexpected(malformed_at(line_, 1, "each line must be one JSON object"));
    }
    for (const json::Value member : document->root().children()) {
      if (auto learnt = learn(member.key()); !learnt) return learnt;
    }
    return on_row_(next);
  }

  Result<void> learn(std::string_view name) {
    if (names_.contains(name)) return {};
    name_bytes_ += name.size();
    if (columns_.size() >= kMaxColumns || name_bytes_ > kMaxRowBytes) {
      return std::unexpected(malformed_at(line_, 1,
                                          fmt::format("the rows have more than {} different names, or {} "
                                                      "bytes of them; names must not vary like values",
                                                      kMaxColumns, kMaxRowBytes)));
    }
    names_.emplace(name);
    columns_.emplace_back(name);
    return {};
  }

  OnRow on_row_;
  std::uint64_t base_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 1;
  std::string carry_;  // a line that began in an earlier piece
  std::vector<std::string> columns_;
  std::set<std::string, std::less<>> names_;
  std::size_t name_bytes_ = 0;
};

}  // namespace

Error malformed_at(std::uint64_t line, std::uint64_t column, std::string_view message) {
  return {.code = Code::malformed_manifest,
          .message = fmt::format("line {}, column {}: {}", line, column, message),
          .line = line,
          .column = column};
}

std::unique_ptr<ManifestText> ManifestText::make(ManifestFormat format, OnRow on_row) {
  if (format == ManifestFormat::csv) return std::make_unique<CsvText>(std::move(on_row));
  return std::make_unique<NdjsonText>(std::move(on_row));
}

Result<void> ManifestText::begin() {
  begun_ = true;
  const bool marked = head_.starts_with(kByteOrderMark);
  start(marked ? kByteOrderMark.size() : 0);
  return take(std::string_view(head_).substr(marked ? kByteOrderMark.size() : 0));
}

Result<void> ManifestText::feed(std::string_view bytes) {
  if (begun_) return take(bytes);
  const std::size_t wanted = std::min(kByteOrderMark.size() - head_.size(), bytes.size());
  head_.append(bytes.substr(0, wanted));
  if (head_.size() < kByteOrderMark.size()) return {};
  if (auto taken = begin(); !taken) return taken;
  return take(bytes.substr(wanted));
}

Result<void> ManifestText::finish() {
  if (!begun_) {
    if (auto taken = begin(); !taken) return taken;
  }
  return end();
}

}  // namespace waypost::batch
