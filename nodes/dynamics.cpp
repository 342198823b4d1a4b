// The detector of the dynamics nodes, levels, hold and look-ahead, shaped so that nothing but the detector itself runs
// one sample at a time.
#include "dynamics.hpp"

#include <algorithm>
#include <cmath>

#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

// y += a · (x − y) as keep · y + take · x: y then waits for one product and a choice. take is what the rounded keep
// leaves, or a level at rest would drift off.
struct Steps {
  Signal keep, take;
};
Steps steps(NodeBuild& b, Signal seconds) {
  Signal keep = b.coefficient(math::exp(-1.0 / max(seconds * b.sample_rate(), 0.01)));
  return {keep, 1.0 - keep};
}

}  // namespace

Setting lookahead_setting() {
  return {.name = "lookahead",
          .minimum = 0,
          .maximum = kMaxLookahead,
          .doc = "seconds by which the signal is delayed behind its level; reported as latency"};
}

Signal branching(NodeBuild& b, Signal target, Signal up, Signal down) {
  const Steps rise = steps(b, up), fall = steps(b, down);
  Signal y = b.state("level", std::max({target.lanes(), up.lanes(), down.lanes()}));
  Signal risen = rise.keep * y + rise.take * target, fallen = fall.keep * y + fall.take * target;
  Signal now = select(target > y, risen, fallen);
  b.set(y, now);
  return now;
}

Signal falling(NodeBuild& b, Signal target, Signal down) {
  const Steps fall = steps(b, down);
  Signal y = b.state("level", std::max(target.lanes(), down.lanes()));
  Signal now = select(target > y, target, fall.keep * y + fall.take * target);
  b.set(y, now);
  return now;
}

Signal delayed(NodeBuild& b, const std::string& name, Signal x, uint32_t samples) {
  if (samples == 0) return x;
  Builder& build = b.builder();
  const uint32_t line = build.line(b.key(name), x.lanes(), samples);
  build.push(line, x);
  return build.tap(line, build.integer(static_cast<int32_t>(samples)), samples);
}

// Twice as many samples with each step; the last overlaps, which no maximum minds.
Signal held(NodeBuild& b, const std::string& name, Signal x, uint32_t samples) {
  for (uint32_t covered = 1; covered < samples;) {
    const uint32_t more = std::min(covered, samples - covered);
    x = max(x, delayed(b, name + std::to_string(covered), x, more));
    covered += more;
  }
  return x;
}

// Halves that overlap where the number of lanes is odd.
Signal linked_peak(Signal x) {
  if (x.lanes() == 1) return abs(x);
  const uint32_t lanes = x.lanes(), half = (lanes + 1) / 2;
  Builder& build = *x.build;
  Signal first = build.relane(x, {}, half), last = build.relane(x, {.offset = lanes - half}, half);
  return linked_peak(max(abs(first), abs(last)));
}

uint32_t whole_samples(NodeBuild& b, double seconds) {
  return static_cast<uint32_t>(std::lround(seconds * local_rate(b)));
}

uint32_t lookahead_samples(NodeBuild& b) {
  const uint32_t samples = whole_samples(b, b.number("lookahead"));
  b.latency(samples);
  return samples;
}

}  // namespace sinter::nodes
