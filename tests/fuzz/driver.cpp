// Runs a fuzz target without libFuzzer, in any build: every file of a corpus, then what comes of changing
// those by chance for some seconds. What a target dies of is named before it runs, so that it can be run
// again. usage: TARGET CORPUS [SECONDS [SEED]]

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
constexpr std::size_t longest = 4096;

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_corpus(const fs::path& folder) {
  std::vector<std::string> inputs;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// One change: a bit, a byte, a piece taken out, doubled, or taken from another input.
class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint64_t seed) : corpus_(corpus), chance_(seed) {}

  std::string next() {
    std::string input = corpus_[below(corpus_.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(input);
    if (input.size() > longest) input.resize(longest);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : chance_() % limit; }

  void change(std::string& input) {
    const std::size_t at = below(input.size()),
                      length = 1 + below(std::min<std::size_t>(input.size() - at, 32));
    switch (below(6)) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 1:
        if (!input.empty()) input[at] = static_cast<char>(below(256));
        break;
      case 2:
        input.erase(at, length);
        break;
      case 3:
        input.insert(at, input.substr(at, length));
        break;
      case 4: {
        const std::string& other = corpus_[below(corpus_.size())];
        const std::size_t from = below(other.size());
        input.insert(at, other.substr(from, 1 + below(64)));
        break;
      }
      default:
        input.resize(at);
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 chance_;
};

void fuzz(const std::vector<std::string>& corpus, std::chrono::seconds time, std::uint64_t seed) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  Mutator mutator(corpus, seed);
  const auto until = std::chrono::steady_clock::now() + time;
  std::size_t runs = 0;
  for (; std::chrono::steady_clock::now() < until; ++runs) run(mutator.next());
  std::printf("%zu inputs\n", runs);
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return std::fprintf(stderr, "usage: %s CORPUS [SECONDS [SEED]]\n", words[0]), 2;
  const auto corpus = read_corpus(words[1]);
  if (corpus.empty()) return std::fprintf(stderr, "%s is empty\n", words[1]), 1;
  for (const auto& input : corpus) run(input);
  std::printf("%zu seeds\n", corpus.size());
  if (count > 2)
    fuzz(corpus, std::chrono::seconds(std::atoi(words[2])),
         count > 3 ? std::strtoull(words[3], nullptr, 10) : std::random_device{}());
  return 0;
}
