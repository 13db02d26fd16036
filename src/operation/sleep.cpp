#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "waypost/operation/builtin.hpp"
#include "waypost/operation/payload_spec.hpp"

namespace waypost::operation {
namespace {

using std::chrono::steady_clock;

double seconds_of(std::string_view payload) {
  const auto document = json::Document::parse(payload);
  const auto seconds =
      document && document->root().is(json::Kind::object) ? document->root().find("seconds") : std::nullopt;
  if (!seconds || !seconds->is(json::Kind::number))
    throw std::logic_error("sleep: the payload was not checked");
  return seconds->number();
}

std::string result_of(double seconds) {
  std::string out;
  json::Writer(out).begin_object().key("seconds").number(seconds).end_object();
  return out;
}

class Sleep final : public WaitingOperation {
 public:
  std::string_view type() const override { return "sleep"; }
  std::string_view description() const override { return "Waits for some seconds, to try things out."; }
  std::string_view schema() const override { return spec_.schema(); }
  void check(json::Value payload, const std::string& pointer, std::vector<Fault>& faults) const override {
    spec_.check(payload, pointer, faults);
  }

  std::size_t rows_at_once() const override { return 1024; }

  asio::awaitable<Outcome> run(const Task& task, IoContext io, net::Abort& abort) const override {
    const double seconds = seconds_of(task.payload);
    const auto wanted =
        std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
    const bool too_long = wanted > task.timeout;
    asio::steady_timer timer(io.context, std::min<steady_clock::duration>(wanted, task.timeout));
    // An expiry in the past ends the wait that is under way and any that starts later.
    abort.on_request([&timer] { timer.expires_at(steady_clock::time_point::min()); });
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    abort.on_request({});
    if (abort.requested()) co_return Failure{.code = "aborted", .message = "the sleep was broken off"};
    if (too_long)
      co_return Failure{.code = "timed_out", .message = "the time for this attempt was up before the sleep"};
    co_return Success{.body = result_of(seconds)};
  }

 private:
  PayloadSpec spec_{"sleep",
                    {{.name = "seconds",
                      .type = FieldType::number,
                      .description = "How long to wait; fractions count.",
                      .required = true,
                      .min = 0,
                      .max = 86400}}};
};

}  // namespace

std::unique_ptr<Operation> make_sleep() {
  return std::make_unique<Sleep>();
}

}  // namespace waypost::operation
