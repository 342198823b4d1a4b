// fuse_mul_add: a · b + c in one rounding, where the product has no other use. Fast mode only.
//
// Of two products that meet in a sum the one that hangs on a prev or tap the deepest is fused and the other stays a
// mul: the carried path then has one fma where it had a mul and an add. c − a·b and a·b − c are an fma with a negated
// operand; the operand whose negation costs nothing is taken.
//
// A product of two signals that enters a recurrence from outside stays a mul: the recurrence does not wait for it, and
// is solved with coefficients that rest, of which an fma of two signals has none.
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "list.hpp"
#include "rewrite.hpp"
#include "sinter/ir/components.hpp"

namespace sinter {
namespace {

struct Fusion {
  uint32_t sum;
  Value product, addend;
  bool negate_product = false, negate_addend = false;
  uint8_t factor = 0;  // of the product, the one to negate
};

class Choice {
 public:
  explicit Choice(const Ir& ir) : ir_(ir), uses_(ir.size()), depth_(ir.size()), fused_(ir.size()) {
    for (const Inst& inst : ir.insts)
      for (uint32_t i = 0, count = arg_count(ir, inst); i < count; ++i) ++uses_[arg(ir, inst, i).index];
    for (uint32_t i = 0; i < ir.size(); ++i) {
      depth_[i] = depth(ir.insts[i]);
      choose(i);
    }
  }

  bool is_fused(uint32_t product) const { return fused_[product]; }
  /// In the order of their sums.
  const std::vector<Fusion>& fusions() const { return fusions_; }

 private:
  // Ops on the longest way from a prev or tap to the value, 0 where there is none: what a recurrence waits for.
  uint32_t depth(const Inst& inst) const {
    if (inst.op == Op::prev || inst.op == Op::tap) return 1;
    uint32_t most = 0;
    for (uint32_t i = 0, count = arg_count(ir_, inst); i < count; ++i)
      most = std::max(most, depth_[arg(ir_, inst, i).index]);
    return most ? most + 1 : 0;
  }

  uint32_t cost_of_negation(Value v) const {
    const Inst& inst = ir_[v];
    if (inst.op == Op::constant || inst.op == Op::neg) return 0;
    return inst.rate != Rate::sample ? 1 : 2;
  }

  // The factor whose negation costs less; at the same cost the one that waits less for the recurrence.
  uint8_t factor_to_negate(const Inst& product) const {
    const uint32_t a = cost_of_negation(product.arg[0]), b = cost_of_negation(product.arg[1]);
    return a != b ? a > b : depth_[product.arg[0].index] > depth_[product.arg[1].index];
  }

  static bool is_candidate(const Inst& inst) {
    return inst.type == Type::f32 && inst.rate == Rate::sample && !inst.exact;
  }
  bool is_product(Value v, uint32_t sum, Value addend) {
    const Inst& inst = ir_[v];
    return inst.op == Op::mul && is_candidate(inst) && uses_[v.index] == 1 && !is_signal_entering(v, sum, addend);
  }

  // Recurrences are looked for where the first product asks for them: most patches have none.
  bool is_signal_entering(Value product, uint32_t sum, Value addend) {
    const Inst& inst = ir_[product];
    const bool of_signals = ir_[inst.arg[0]].rate == Rate::sample && ir_[inst.arg[1]].rate == Rate::sample;
    if (!of_signals || depth_[addend.index] == 0) return false;
    if (component_.empty()) find_recurrences();
    return component_[addend.index] == component_[sum] && component_[product.index] != component_[sum];
  }

  // Ties through delay lines do not count: most are cut.
  void find_recurrences() {
    const Edges edges = dependencies(ir_, false);
    Components found(edges, ir_.size());
    for (uint32_t i = 0; i < ir_.size(); ++i) found.visit(i);
    component_ = std::move(found.component);
  }

  void choose(uint32_t index) {
    const Inst& sum = ir_.insts[index];
    if ((sum.op != Op::add && sum.op != Op::sub) || !is_candidate(sum)) return;
    const bool first = is_product(sum.arg[0], index, sum.arg[1]), second = is_product(sum.arg[1], index, sum.arg[0]);
    if (!first && !second) return;
    const bool take_second = second && (!first || depth_[sum.arg[1].index] > depth_[sum.arg[0].index]);
    const bool negative = sum.op == Op::sub;
    const Value product = sum.arg[take_second];
    fusions_.push_back({index, product, sum.arg[!take_second], negative && take_second, negative && !take_second,
                        factor_to_negate(ir_[product])});
    fused_[product.index] = true;
  }

  const Ir& ir_;
  std::vector<uint32_t> uses_, depth_, component_;
  std::vector<Fusion> fusions_;
  std::vector<bool> fused_;
};

// Negations are made once per value, which the map knows by its new number.
using Negated = std::unordered_map<uint32_t, Value>;

Value negate(Rewriter& to, Value v, Negated& negated) {
  const Inst from = to.to()[v];
  if (from.op == Op::neg) return from.arg[0];
  Value& made = negated[v.index];
  if (made.valid()) return made;
  if (from.op == Op::constant) {
    const uint64_t bits = evaluate(Op::neg, from.type, from.type, 0, from.imm, 0, 0);
    return made = to.append_literal(from.type, bits);
  }
  Inst neg{
      .op = Op::neg, .type = from.type, .rate = from.rate, .clock = from.clock, .entered = true, .lanes = from.lanes};
  neg.arg[0] = v;
  return made = to.append(neg);
}

void fuse(Rewriter& to, const Fusion& fusion, Negated& negated) {
  const Inst& product = to.from()[fusion.product];
  Inst fma = to.renewed(fusion.sum);
  fma.op = Op::fma;
  fma.arg[0] = to[product.arg[0]];
  fma.arg[1] = to[product.arg[1]];
  fma.arg[2] = to[fusion.addend];
  if (fusion.negate_product) fma.arg[fusion.factor] = negate(to, fma.arg[fusion.factor], negated);
  if (fusion.negate_addend) fma.arg[2] = negate(to, fma.arg[2], negated);
  to.keep(fma);
}

}  // namespace

bool fuse_mul_add(Ir& ir, const PassContext& context) {
  if (!context.fuse_mul_add || context.strict) return false;
  Poll poll(context.cancelled);
  const Choice choice(ir);
  if (poll.now()) return false;
  auto next = choice.fusions().begin();
  const auto end = choice.fusions().end();
  if (next == end) return false;
  Negated negated;
  rewrite(ir, poll, [&](Rewriter& to, uint32_t index) {
    if (choice.is_fused(index)) return;
    if (next != end && next->sum == index) fuse(to, *next++, negated);
    else to.keep();
  });
  return true;
}

}  // namespace sinter
