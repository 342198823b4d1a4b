// Executors that keep states in a form of their own: the engine turns them exactly once wherever they come from, and
// what plays on never hears that they were read.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "linear_case.hpp"
#include "sinter/interpret/linear_states.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kBlock = 37;

// Runs the reference on canonical states and keeps them in between as `Form` does.
template <class Form>
class Keeper final : public Executor {
 public:
  Keeper(const Ir& ir, const Plan& plan) : inner_(make_reference(ir, plan)), form_(ir, plan) {}
  std::string_view name() const override { return "keeper"; }
  uint32_t max_frames() const override { return inner_->max_frames(); }
  uint32_t granule() const override { return inner_->granule(); }
  uint64_t scratch_bytes() const override { return inner_->scratch_bytes(); }
  void run(const Block& block) const noexcept override {
    form_.to_canonical(block);
    inner_->run(block);
    form_.from_canonical(block);
  }
  void to_canonical(const Block& block) const noexcept override { form_.to_canonical(block); }
  void from_canonical(const Block& block) const noexcept override { form_.from_canonical(block); }

 private:
  std::unique_ptr<const Executor> inner_;
  Form form_;
};

// Turned twice or not at all is heard at once, and once there and back is exact.
class Negated {
 public:
  Negated(const Ir&, const Plan& plan) : bytes_(plan.layout.real_state_bytes) {}
  void to_canonical(const Block& block) const noexcept {
    for (uint32_t at = 0; at < bytes_; at += 4) {
      uint32_t bits;
      std::memcpy(&bits, block.state + at, 4);
      bits ^= 0x80000000u;
      std::memcpy(block.state + at, &bits, 4);
    }
  }
  void from_canonical(const Block& block) const noexcept { to_canonical(block); }

 private:
  uint32_t bytes_;
};

template <class Form>
std::shared_ptr<const Program> keep(const Ir& ir, const Plan& plan) {
  auto program = std::make_shared<Program>();
  program->layout = plan.layout;
  program->row_sources = plan.row_sources;
  program->reads_input_late = plan.reads_input_late;
  program->control = make_control(ir, plan);
  program->executor = std::make_unique<Keeper<Form>>(ir, plan);
  return program;
}

// Two states that begin at a half; `changed` has another output and a state more.
std::shared_ptr<const Program> make_patch(bool negated, bool changed) {
  Ir ir;
  Builder b(ir);
  ir.params.push_back({"a", 0.25, 0, 1, 0.01});
  const Signal a = b.coefficient(b.param(0)), x = b.input(add_input(b));
  const uint64_t half = bits_of(0.5f);
  const Signal s = b.state("s", Type::f32, 1, half), t = b.state("t", Type::f32, 1, half);
  Signal y = x + s;
  b.next(s, t + y * a);
  b.next(t, x - y * 0.5);
  if (changed) {
    const Signal extra = b.state("extra", Type::f32, 1, half);
    b.next(extra, extra * 0.999);
    y = y * 0.5 + extra;
  }
  b.output(add_output(b), y);
  if (!negated) return make_program(ir, "reference");
  Result<Plan> plan = make_plan(ir);
  REQUIRE(plan);
  return keep<Negated>(ir, *plan);
}

struct Heard {
  std::vector<float> samples;
  std::vector<StateImage> images;
};
// Plays, is captured, swaps, plays, is restored, is reset.
Heard play(bool first_negated, bool second_negated, bool changed) {
  Engine engine;
  engine.prepare(make_patch(first_negated, false));
  const std::vector<float> input = noise(kBlock, 5);
  Heard heard;
  uint32_t blocks = 0;
  const auto run_blocks = [&](uint32_t count) {
    for (; count > 0; --count, ++blocks) {
      engine.set_parameter(0, blocks % 8 < 4 ? 0.25 : 0.75);
      std::vector<float> output(kBlock);
      const float* in = input.data();
      float* out = output.data();
      engine.process({&in, 1}, {&out, 1}, kBlock);
      heard.samples.insert(heard.samples.end(), output.begin(), output.end());
    }
  };
  const auto capture = [&] {
    REQUIRE(engine.request_capture());
    run_blocks(3);
    StateImage image;
    REQUIRE(engine.take_capture(image));
    heard.images.push_back(image);
  };
  run_blocks(5);
  capture();
  REQUIRE(engine.swap(make_patch(second_negated, changed)));
  run_blocks(60);
  capture();
  REQUIRE(engine.swap(make_patch(first_negated, changed), {.restore = &heard.images[0]}));
  run_blocks(60);
  engine.reset();
  run_blocks(5);
  return heard;
}

}  // namespace

TEST_CASE("states that an executor keeps in a form of its own are turned once, wherever they come from") {
  for (const bool changed : {false, true}) {
    const Heard plain = play(false, false, changed);
    for (const auto& [first, second] : {std::pair(true, true), std::pair(true, false), std::pair(false, true)}) {
      const Heard heard = play(first, second, changed);
      REQUIRE(heard.images.size() == plain.images.size());
      CHECK(heard.samples == plain.samples);
      for (size_t i = 0; i < heard.images.size(); ++i) {
        REQUIRE(heard.images[i].states.size() == plain.images[i].states.size());
        for (size_t s = 0; s < heard.images[i].states.size(); ++s)
          CHECK(heard.images[i].states[s].data == plain.images[i].states[s].data);
      }
    }
  }
}

TEST_CASE("states in a basis that moves with a parameter stay the states of the patch") {
  LinearCase made(kTdf2, 1, 8);
  made.plan.layout.params[0].initial = -1.8;
  made.plan.layout.params[1].initial = 0.95;
  for (ParamSlot& slot : made.plan.layout.params) slot.smooth_seconds = 0.01;
  const std::vector<float> input = noise(kBlock, 9);
  std::vector<float> heard[2];
  for (const bool turned : {false, true}) {
    Engine engine;
    Plan plan = made.plan;
    if (!turned) plan.tables.clear();
    engine.prepare(keep<LinearStates>(made.ir, plan));
    const std::vector<const float*> in(made.plan.layout.input_channels, input.data());
    for (uint32_t block = 0; block < 200; ++block) {
      engine.set_parameter(0, block % 20 < 10 ? -1.8 : -1.2);
      engine.set_parameter(1, block % 14 < 7 ? 0.95 : 0.85);
      if (turned && block == 90) REQUIRE(engine.request_capture());
      Channels outputs(made.plan.layout.output_channels, std::vector<float>(kBlock));
      std::vector<float*> out;
      for (std::vector<float>& row : outputs) out.push_back(row.data());
      engine.process(in, out, kBlock);
      for (const std::vector<float>& row : outputs) heard[turned].insert(heard[turned].end(), row.begin(), row.end());
    }
    StateImage image;
    CHECK(engine.take_capture(image) == turned);
  }
  REQUIRE(heard[0].size() == heard[1].size());
  double error = 0, signal = 0;
  for (size_t i = 0; i < heard[0].size(); ++i) {
    error = std::max(error, std::fabs(static_cast<double>(heard[1][i]) - heard[0][i]));
    signal = std::max(signal, std::fabs(static_cast<double>(heard[0][i])));
  }
  // Two roundings per block, which the filter rings with.
  CHECK(error <= 1e-5 * signal);
  CHECK(error > 0);
}
