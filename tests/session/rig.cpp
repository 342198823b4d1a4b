// What the session's tests share.
#include "rig.hpp"

#include <chrono>

namespace sinter::test {
namespace {

constexpr uint32_t kBlock = 64;

}  // namespace

Player::Player(Session& session)
    : session_(session), thread_([this] {
        float in[kBlock] = {}, out[kBlock] = {};
        const float* inputs[] = {in};
        float* outputs[] = {out};
        while (!stop_) {
          session_.process(inputs, outputs, kBlock);
          last_ = out[kBlock - 1];
          std::this_thread::sleep_for(std::chrono::microseconds(200));  // leaves the processor to the others
        }
      }) {}

Player::~Player() {
  stop_ = true;
  thread_.join();
}

bool Player::hears(float wanted) const {
  const auto until = std::chrono::steady_clock::now() + kNever;
  while (std::abs(last_sample() - wanted) > 1e-5f) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string patch(const std::string& output, const std::string& params, const std::string& nodes) {
  return R"({"sinter": 1, "inputs": {"in": 1}, "params": )" + params + R"(, "nodes": )" + nodes +
         R"(, "outputs": {"out": ")" + output + R"("}})";
}

std::string long_patch(uint32_t filters) {
  std::string nodes = "[";
  for (uint32_t i = 0; i < filters; ++i)
    nodes += std::string(i ? ", " : "") + R"({"id": "f)" + std::to_string(i) +
             R"(", "type": "lowpass", "in": {"in": ")" + (i ? "f" + std::to_string(i - 1) : "in") +
             R"(", "freq": 1000}})";
  return patch("f" + std::to_string(filters - 1), "{}", nodes + "]");
}

std::vector<float> run(Session& session, uint32_t frames, uint32_t block) {
  std::vector<float> all(frames), in(block, 0.25f);
  for (uint32_t done = 0; done < frames; done += block) {
    const float* inputs[] = {in.data()};
    float* outputs[] = {all.data() + done};
    session.process(inputs, outputs, std::min(block, frames - done));
  }
  return all;
}

std::vector<SessionEvent> events_of(Session& session, SessionEvent::Kind kind) {
  std::vector<SessionEvent> all = session.events();
  std::erase_if(all, [&](const SessionEvent& event) { return event.kind != kind; });
  return all;
}

bool has_error(Session& session, uint64_t revision, Errc code) {
  for (const SessionEvent& event : events_of(session, SessionEvent::Kind::error))
    if (event.revision == revision && event.error.code == code) return true;
  return false;
}

Result<Code> GatedBackend::compile(const Ir& ir, const Plan& plan, bool want_listing,
                                   const std::function<bool()>* cancelled) const {
  std::unique_lock lock(mutex_);
  ++visitors_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return open_; });
  --visitors_;
  if (refuses_) return Error{.code = Errc::no_machine_code, .message = "refused by the test"};
  return find_backend("interpreter")->compile(ir, plan, want_listing, cancelled);
}

void GatedBackend::set(bool open) const {
  const std::lock_guard lock(mutex_);
  open_ = open;
  changed_.notify_all();
}

void GatedBackend::wait_for_visitor() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return visitors_ > 0; });
}

}  // namespace sinter::test
