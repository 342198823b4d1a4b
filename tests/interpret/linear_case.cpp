// What the plan would do: finds the body of the recurrence and lays its numbers out, in an order of its own.
#include "linear_case.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "sinter/base/fp_mode.hpp"

namespace sinter::test {

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const double rate : {48'000.0, 192'000.0})
    for (const double q : {0.5, 10.0, 100.0}) {
      const double w = 2 * std::numbers::pi * 20 / rate, alpha = std::sin(w) / (2 * q);
      const std::string at = " 20 Hz Q " + std::to_string(q).substr(0, 5) + (rate < 1e5 ? " at 48k" : " at 192k");
      all.push_back({&kTdf2, "TDF2" + at, {-2 * std::cos(w) / (1 + alpha), (1 - alpha) / (1 + alpha)}});
      all.push_back({&kSvf, "SVF" + at, {std::tan(w / 2), 1 / q}});
    }
  all.push_back({&kTdf2, "TDF2 two real poles", {-1.89, 0.8918}});
  all.push_back({&kTdf2, "TDF2 double pole", {-1.9375, 0.9384765625}});
  all.push_back({&kTdf2, "TDF2 8 kHz Q 1 at 48k", {-2 * std::cos(std::numbers::pi / 3) / 1.433, 0.567 / 1.433}});
  all.push_back({&kTdf2, "TDF2 no poles", {0, 0}});
  all.push_back({&kOnePole, "one-pole 20 Hz at 48k", {2 * std::numbers::pi * 20 / 48'000}});
  all.push_back({&kLadder, "order 4", {0.02, 3.2}});
  all.push_back({&kOps, "all ops", {0.25, -0.5, 3, 0.7}});
  all.push_back({&kOps, "all ops, chosen otherwise", {0.25, -0.5, 3, -0.4}});
  return all;
}

LinearCase::LinearCase(const Filter& wanted, uint32_t lanes, uint32_t width, bool shared) : filter(wanted) {
  Builder b(ir);
  std::vector<Signal> c, s, u;
  for (uint32_t i = 0; i < filter.coefficients; ++i) {
    ir.params.push_back(
        {.id = "c" + std::to_string(i), .minimum = -1e30, .maximum = 1e30, .lanes = shared ? lanes / 2 : lanes});
    c.push_back(b.coefficient(b.param(i)));
    if (shared) c.back() = b.relane(c.back(), {.repeat = 2}, lanes);
  }
  for (uint32_t k = 0; k < filter.states; ++k) s.push_back(b.state("s" + std::to_string(k), Type::f32, lanes));
  for (uint32_t j = 0; j < filter.inputs; ++j) u.push_back(b.input(add_input(b, lanes)));
  if (filter.coefficients == 4) u.back() = c[3];
  std::vector<Signal> next = s;
  filter.signal(c.data(), next.data(), u.data());
  for (uint32_t k = 0; k < filter.states; ++k) {
    b.next(s[k], next[k]);
    b.output(add_output(b, lanes), s[k]);
  }
  Result<Plan> made = make_plan(ir);
  REQUIRE(made);
  plan = std::move(*made);
  fill_table(lanes, width, u);
  control = make_control(ir, plan);
  state.resize(plan.layout.state_bytes / 4);
  area_.resize((plan.layout.control_bytes + 63) / 64);
}

void LinearCase::fill_table(uint32_t lanes, uint32_t width, const std::vector<Signal>& inputs) {
  LinearTable table{.lanes = lanes, .width = width};
  std::vector<bool> from_state(ir.size()), to_state(ir.size());
  const auto each_argument = [&](uint32_t i, auto&& visit) {
    for (uint32_t a = 0; a < arg_count(ir, ir.insts[i]); ++a) visit(arg(ir, ir.insts[i], a).index);
  };
  for (uint32_t i = 0; i < ir.size(); ++i) {
    from_state[i] = ir.insts[i].op == Op::prev;
    each_argument(i, [&](uint32_t a) { from_state[i] = from_state[i] || from_state[a]; });
  }
  for (uint32_t i = ir.size(); i-- > 0;) {
    to_state[i] = to_state[i] || ir.insts[i].op == Op::next;
    each_argument(i, [&](uint32_t a) { to_state[a] = to_state[a] || to_state[i]; });
  }
  table.prevs.resize(filter.states);
  table.nexts.resize(filter.states);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (!from_state[i] || !to_state[i]) continue;
    table.body.push_back({i});
    if (ir.insts[i].op == Op::prev) table.prevs[ir.insts[i].imm] = {i};
    if (ir.insts[i].op == Op::next) table.nexts[ir.insts[i].imm] = {i};
  }
  for (const Signal& input : inputs) table.inputs.push_back(input.value);
  table.sections = {filter.states};
  table.outputs = {table.prevs[0], ir[table.nexts[0]].arg[0]};
  const uint32_t n = filter.states, j = filter.inputs, steps = static_cast<uint32_t>(std::bit_width(width)) - 1;
  uint32_t at = 0;
  const auto take = [&](uint32_t count, uint32_t alignment) {
    const uint32_t from = (at + alignment - 1) / alignment * alignment;
    at = from + count * 4;
    return from;
  };
  table.back = take(n * n, 4);
  for (uint32_t v = 0; v < 2; ++v) {
    const uint32_t samples = v == 0 ? 4 : 1;
    table.versions[v] = {.samples = samples,
                         .gain = take(samples * j * n, 4),
                         .step = take(steps * n * n, 4),
                         .lane = take(n * n * width, 64),
                         .start = take(2 * samples * n, 4),
                         .enter = take(2 * samples * j, 4)};
  }
  table.stride = (at + 63) / 64 * 64;
  for (uint32_t p = 0; p < ir.params.size(); ++p) table.moved_by |= param_group(p);
  uint32_t& total = plan.layout.control_bytes;
  table.offset = (total + 63) / 64 * 64;
  table.basis = table.offset + table.stride * lanes;
  total = table.basis + 16 * lanes;
  plan.tables.push_back(table);
}

void LinearCase::set(uint32_t coefficient, uint32_t lane, double value) {
  std::memcpy(controls() + plan.layout.params[coefficient].offset + lane * 8, &value, sizeof value);
}

void LinearCase::set(const std::vector<double>& coefficients) {
  for (uint32_t c = 0; c < coefficients.size(); ++c)
    for (uint32_t l = 0; l < ir.params[c].lanes; ++l) set(c, l, coefficients[c]);
}

void LinearCase::run(uint8_t* to, uint64_t moved) {
  with_audio_fp([&] { control->run(controls(), to, moved); });
}

void LinearCase::spoil() { std::memset(controls() + table().offset, 0xff, size_t{table().stride} * table().lanes); }

}  // namespace sinter::test
