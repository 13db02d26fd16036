#include "waypost/operation/builtin.hpp"

namespace waypost::operation {
namespace {

class Echo final : public ComputeOperation {
 public:
  std::string_view type() const override { return "echo"; }
  std::string_view description() const override { return "Returns its payload, any JSON, byte for byte."; }
  std::string_view schema() const override {
    return R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"echo"})";
  }
  void check(json::Value, const std::string&, std::vector<Fault>&) const override {}
  Outcome run(const Task& task, const Cancellation&) const override {
    return Success{.body = std::string(task.payload)};
  }
};

}  // namespace

std::unique_ptr<Operation> make_echo() {
  return std::make_unique<Echo>();
}

}  // namespace waypost::operation
