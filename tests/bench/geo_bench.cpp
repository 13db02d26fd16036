// In-process lookups over the built-in gazetteer: the text or point in, Google's JSON out.

#include <benchmark/benchmark.h>

#include <array>
#include <stdexcept>

#include "support/gazetteer.hpp"
#include "waypost/geo/google.hpp"

namespace {

using namespace waypost;

void forward(benchmark::State& state) {
  static constexpr std::array<std::string_view, 8> texts = {"Toledo",
                                                            "Toledo, Spain",
                                                            "springfield il",
                                                            "München",
                                                            "Мюнхен",
                                                            "New York, NY, USA",
                                                            "16 Rue de Rivoli, 75004 Paris",
                                                            "asdfqwer"};
  const auto gazetteer = test::default_gazetteer();
  const geo::ForwardQuery query{.text = std::string(texts[static_cast<std::size_t>(state.range(0))])};
  for (auto _ : state) benchmark::DoNotOptimize(geo::google_json(geo::geocode(gazetteer, query)));
  state.SetLabel(query.text);
}
BENCHMARK(forward)->DenseRange(0, 7);

void reverse(benchmark::State& state) {
  const auto gazetteer = test::default_gazetteer();
  std::int32_t step = 0;
  for (auto _ : state) {
    // A walk over the globe that never repeats soon.
    const geo::LatLng point{.lat_e7 = (step * 7'919) % 600'000'000,
                            .lng_e7 = (step * 104'729) % 1'800'000'000};
    step = (step + 1) % 20'000;
    benchmark::DoNotOptimize(geo::google_json(geo::reverse(gazetteer, {.point = point})));
  }
}
BENCHMARK(reverse);

}  // namespace

BENCHMARK_MAIN();
