#include "store/sqlite/statements.hpp"

namespace waypost::store::sqlite {

Statement& Statements::operator()(std::string_view sql) {
  auto at = prepared_.find(sql);
  if (at == prepared_.end()) at = prepared_.try_emplace(std::string(sql), database_, sql).first;
  return at->second.start();
}

}  // namespace waypost::store::sqlite
