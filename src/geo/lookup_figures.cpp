#include "waypost/geo/lookup_figures.hpp"

#include <atomic>

namespace waypost::geo {
namespace {

struct alignas(64) Shard {
  std::array<std::atomic<std::uint64_t>, 2 * lookup_kind_count> counts{};
};
/// More threads than this share them.
std::array<Shard, 16> shards;

std::size_t place_of(std::size_t kind, bool found) {
  return 2 * kind + (found ? 1 : 0);
}

}  // namespace

std::string_view to_string(LookupKind kind) {
  constexpr std::array<std::string_view, lookup_kind_count> names{"forward", "autocomplete", "reverse",
                                                                  "place"};
  return names[static_cast<std::size_t>(kind)];
}

void note_lookup(LookupKind kind, bool found) {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t shard = threads.fetch_add(1) % shards.size();
  shards[shard].counts[place_of(static_cast<std::size_t>(kind), found)].fetch_add(1,
                                                                                  std::memory_order_relaxed);
}

LookupFigures lookup_figures() {
  LookupFigures figures;
  for (const Shard& shard : shards)
    for (std::size_t kind = 0; kind < lookup_kind_count; ++kind) {
      figures.found[kind] += shard.counts[place_of(kind, true)].load(std::memory_order_relaxed);
      figures.nothing[kind] += shard.counts[place_of(kind, false)].load(std::memory_order_relaxed);
    }
  return figures;
}

}  // namespace waypost::geo
