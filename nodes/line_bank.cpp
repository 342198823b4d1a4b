// See line_bank.hpp.
#include "line_bank.hpp"

#include <cmath>

#include "sinter/graph/graph.hpp"

namespace sinter::nodes {
namespace {

bool is_number(Signal x, double number) {
  return x.inst().op == Op::constant && x.type() == Type::f64 && as_f64(x.inst().imm) == number;
}

}  // namespace

Signal finite(Signal x) { return select(abs(x) <= 1e30, x, 0.0); }

Signal whole_samples(NodeBuild& b, Signal seconds) { return round(seconds * b.sample_rate()); }

Signal LineBank::tap(Signal samples, uint32_t least, Signal pushed) const {
  return build->tap(line, build->op(Op::to_int, samples), least, pushed);
}

LineBank open_bank(NodeBuild& b, std::string_view name, uint32_t lanes, Signal longest_seconds) {
  Builder& build = b.builder();
  const double seconds = b.largest(longest_seconds), rate = local_rate(b);
  if (!(seconds <= kMaxDelaySeconds)) {
    b.fail(Errc::limit_delay, "its longest delay is over 30 s; make it smaller");
    return {&build, build.line(b.key(name), lanes, 1)};
  }
  return {&build, build.line(b.key(name), lanes, static_cast<uint32_t>(std::ceil(seconds * rate)) + 1)};
}

Signal predelayed(NodeBuild& b, Signal x, Signal seconds) {
  if (is_number(seconds, 0)) return x;
  const LineBank line = open_bank(b, "predelay", x.lanes(), seconds);
  Signal pushed = line.push(x);
  return line.tap(whole_samples(b, seconds), 0, pushed);
}

}  // namespace sinter::nodes
