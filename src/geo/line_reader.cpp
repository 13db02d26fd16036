#include "geo/line_reader.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t longest_line = 1 << 20;

}  // namespace

Result<LineReader> LineReader::open(const std::filesystem::path& path) {
  auto input = Input::open(path);
  if (!input) return std::unexpected(std::move(input.error()));
  return LineReader(std::move(*input));
}

LineReader LineReader::over(std::string_view bytes, std::string name) {
  return LineReader(Input::over(bytes, std::move(name)));
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
      return input_.broken("line " + std::to_string(line_ + 1) +
                           " is longer than 1 MiB: this is no table of text");
    }
    const auto more = input_.next();
    if (!more) return std::unexpected(more.error());
    text_ += *more;
    if (!more->empty()) continue;
    if (text_.empty()) return std::nullopt;
    text_ += '\n';  // the last line has no end of its own
  }
}

}  // namespace waypost::geo
