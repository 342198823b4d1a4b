// Patterns against insts.
#include "match.hpp"

#include <array>
#include <cmath>

#include "sinter/ir/rules.hpp"

namespace sinter {
namespace {

constexpr uint32_t kFlushedDepth = 4;  // bounds the work per inst

class Matcher {
 public:
  Matcher(const Ir& ir, const Pattern& pattern, Bindings& bindings) : ir_(ir), pattern_(pattern), bound_(bindings) {}

  bool op(const PatternNode& node, const Inst& inst) {
    const Signature signature = info(inst.op).signature;
    if (inst.op != node.code) return false;
    if (signature == Signature::I_IC)
      return inst.imm2 == static_cast<uint32_t>(kid(node, 1).number) && value(kid(node, 0), inst.arg[0]);
    const Bindings before = bound_;
    if (kids(node, inst, 0, 1)) return true;
    if (!info(inst.op).commutative) return false;
    bound_ = before;
    return kids(node, inst, 1, 0);
  }

 private:
  const PatternNode& kid(const PatternNode& node, uint32_t i) const { return pattern_.nodes[node.kids[i]]; }

  bool kids(const PatternNode& node, const Inst& inst, uint32_t first, uint32_t second) {
    if (!value(kid(node, 0), inst.arg[first])) return false;
    if (node.kid_count > 1 && !value(kid(node, 1), inst.arg[second])) return false;
    return node.kid_count < 3 || value(kid(node, 2), inst.arg[2]);
  }

  bool value(const PatternNode& node, Value v) {
    const Inst& inst = ir_[v];
    if (node.kind == PatternNode::op) return op(node, inst);
    if (node.kind != PatternNode::any && (inst.op != Op::constant || !literal_fits(node, inst.type, inst.imm)))
      return false;
    if (node.kind == PatternNode::literal) return true;
    Value& bound = bound_.values[node.variable];
    if (bound.valid()) return bound == v;
    bound = v;
    return true;
  }

  const Ir& ir_;
  const Pattern& pattern_;
  Bindings& bound_;
};

struct Range {
  uint16_t begin = 0, end = 0;
};

// Where the rules of each op stand in the table.
const std::array<Range, kOpCount>& ranges() {
  static const std::array<Range, kOpCount> kRanges = [] {
    std::array<Range, kOpCount> made;
    const std::span<const SimplifyRule> rules = simplify_rules();
    for (uint16_t i = 0; i < rules.size(); ++i) {
      Range& range = made[static_cast<size_t>(rules[i].pattern.nodes[0].code)];
      if (range.end == 0) range.begin = i;
      range.end = static_cast<uint16_t>(i + 1);
    }
    return made;
  }();
  return kRanges;
}

}  // namespace

bool is_flushed(const Ir& ir, Value x, uint32_t depth) {
  const Inst& inst = ir[x];
  const auto also = [&](uint32_t i) { return depth < kFlushedDepth && is_flushed(ir, inst.arg[i], depth + 1); };
  switch (inst.op) {
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::sqrt:
    case Op::fma:
    case Op::floor:
    case Op::ceil:
    case Op::trunc:
    case Op::round:
    case Op::to_f32:
    case Op::to_f64:
    case Op::narrow:
    case Op::widen:
      return true;
    case Op::constant:
      return (inst.type == Type::f64 ? std::fpclassify(as_f64(inst.imm)) : std::fpclassify(as_f32(inst.imm))) !=
             FP_SUBNORMAL;
    case Op::min:
    case Op::max:
      return also(0) && also(1);
    case Op::neg:
    case Op::abs:
      return also(0);
    case Op::select:
      return also(1) && also(2);
    default:
      return false;
  }
}

const SimplifyRule* find_rule(const Ir& ir, const Inst& inst, bool strict, Bindings& bindings) {
  const Range range = ranges()[static_cast<size_t>(inst.op)];
  for (uint16_t i = range.begin; i < range.end; ++i) {
    const SimplifyRule& rule = simplify_rules()[i];
    bindings = {};
    if (!Matcher(ir, rule.pattern, bindings).op(rule.pattern.nodes[0], inst)) continue;
    if (strict && rule.flushed && !is_flushed(ir, bindings.values[0])) continue;
    return &rule;
  }
  return nullptr;
}

}  // namespace sinter
