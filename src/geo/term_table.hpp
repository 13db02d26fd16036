#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geo/index_file.hpp"
#include "geo/index_format.hpp"
#include "geo/text_pool.hpp"

namespace waypost::geo {

/// Collects what places are found by, then makes the sections of terms. One thread.
class TermTable {
 public:
  /// Adds a place to the postings of a marked text; an empty text is no term.
  void add(index::Mark mark, std::string_view text, std::uint32_t place);
  /// Adds the sections to `file`; false when they outgrow their 32-bit offsets. Call once.
  bool write(IndexFile& file);

  struct Sorted;

 private:
  struct Posting {
    std::uint32_t term, place;
  };
  std::vector<std::uint32_t> sort_terms();

  TextPool texts_;
  std::vector<Posting> postings_;
  std::string buffer_;
};

}  // namespace waypost::geo
