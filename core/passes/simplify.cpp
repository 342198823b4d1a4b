// simplify: the rules of simplify_rules.def, and relanes of relanes and stacks.
#include <algorithm>
#include <bit>
#include <optional>

#include "fold_constants.hpp"
#include "list.hpp"
#include "match.hpp"
#include "rewrite.hpp"
#include "sinter/ir/rules.hpp"

namespace sinter {
namespace {

constexpr uint32_t kRulesPerInst = 8;    // a chain of rules at one place; each makes the inst simpler
constexpr uint32_t kPartsToSearch = 64;  // bounds the work per relane of a stack of uneven parts

// What a rule's replacement is: an existing value, a literal, or an inst that is not appended yet.
class Replacement {
 public:
  Replacement(Rewriter& to, const Inst& root, const SimplifyRule& rule, const Bindings& bindings)
      : to_(to), root_(root), rule_(rule), bound_(bindings) {}

  /// The root of the replacement is an op: its inst, with its kids appended.
  bool is_op() const { return node(0).kind == PatternNode::op; }
  Inst op() { return make(node(0), root_.type); }
  Value value() { return build(node(0)); }

 private:
  const PatternNode& node(uint32_t i) const { return rule_.replacement.nodes[i]; }
  Value bound(const PatternNode& at) const { return bound_.values[at.variable]; }

  Inst make(const PatternNode& at, Type type) {
    Inst inst{.op = at.code, .type = type};
    const Signature signature = info(at.code).signature;
    inst.arg[0] = build(node(at.kids[0]));
    if (signature == Signature::I_IC) {
      const auto power = static_cast<uint32_t>(to_.to()[bound(node(at.kids[1]))].imm);
      inst.imm2 = static_cast<uint32_t>(std::countr_zero(power));
    } else {
      for (uint32_t i = 1; i < at.kid_count; ++i) inst.arg[i] = build(node(at.kids[i]));
    }
    const Type argument = to_.to()[inst.arg[signature == Signature::T_MTT ? 1 : 0]].type;
    inst.type = rules::result_type(signature, argument);
    inst.rate = rules::rate(to_.to(), inst);
    inst.clock = rules::clock(to_.to(), inst);
    inst.lanes = rules::lanes(to_.to(), inst);
    inst.entered = rules::entered(to_.to(), inst);
    inst.exact = root_.exact && rules::is_contractible(at.code);
    rules::order_arguments(inst);
    return inst;
  }

  Value build(const PatternNode& at) {
    switch (at.kind) {
      case PatternNode::op:
        return to_.append(make(at, root_.type));
      case PatternNode::literal:
        return to_.append_literal(root_.type, literal_bits(root_.type, at.number));
      case PatternNode::negated:
        return computed(Op::neg, bound(at), 0);
      case PatternNode::inverse: {
        const Type type = to_.to()[bound(at)].type;
        return computed(Op::div, bound(at), literal_bits(type, 1));
      }
      default:
        return bound(at);
    }
  }

  // −c, or first / p.
  Value computed(Op op, Value literal, uint64_t first) {
    const Inst from = to_.to()[literal];
    const uint64_t bits = op == Op::neg ? evaluate(op, from.type, from.type, 0, from.imm, 0, 0)
                                        : evaluate(op, from.type, from.type, 0, first, from.imm, 0);
    return to_.append_literal(from.type, bits);
  }

  Rewriter& to_;
  const Inst& root_;
  const SimplifyRule& rule_;
  const Bindings& bound_;
};

// The lanes of what a rule leaves have to be those of what it replaces: a select by 64 masks of one value stays.
bool keeps_lanes(const Ir& ir, const Inst& inst, const SimplifyRule& rule, const Bindings& bindings) {
  if (inst.lanes == 1) return true;
  uint32_t lanes = 0;
  for (uint32_t i = 0; i < rule.replacement.size; ++i) {
    const PatternNode& node = rule.replacement.nodes[i];
    if (node.kind == PatternNode::any) lanes = std::max(lanes, ir[bindings.values[node.variable]].lanes);
  }
  return lanes == inst.lanes;
}

const SimplifyRule* applicable(const Ir& ir, const Inst& inst, const PassContext& context, Bindings& bindings) {
  const SimplifyRule* rule = find_rule(ir, inst, context.strict, bindings);
  return rule && keeps_lanes(ir, inst, *rule, bindings) ? rule : nullptr;
}

bool is_identity(const Ir& ir, const Inst& relane) {
  const Relane map = Relane::unpack(relane.imm);
  if (ir[relane.arg[0]].lanes == 1) return relane.lanes == 1;
  return map.offset == 0 && map.stride == 1 && map.repeat == 1 && relane.lanes == ir[relane.arg[0]].lanes;
}

// The part of a stack that holds all lanes which the relane reads, and where in it they begin.
std::optional<std::pair<Value, uint32_t>> part_read(const Ir& ir, const Inst& relane, const Inst& stack) {
  const Relane map = Relane::unpack(relane.imm);
  const uint32_t last = map.source(relane.lanes - 1), count = stack.arg[1].index;
  if (stack.lanes == count) {
    if (last != map.offset) return std::nullopt;
    return std::pair{arg(ir, stack, map.offset), 0u};
  }
  uint32_t begin = 0;
  for (uint32_t i = 0; i < std::min(count, kPartsToSearch) && begin <= map.offset; ++i) {
    const Value part = arg(ir, stack, i);
    const uint32_t end = begin + ir[part].lanes;
    if (map.offset < end && last < end) return std::pair{part, map.offset - begin};
    begin = end;
  }
  return std::nullopt;
}

// A relane that reads through another relane or one part of a stack; false where it does not.
bool shorten_relane(const Ir& ir, Inst& relane) {
  Relane outer = Relane::unpack(relane.imm);
  const Inst& from = ir[relane.arg[0]];
  if (from.op == Op::relane) {
    const Relane inner = Relane::unpack(from.imm);
    if (inner.repeat != 1) return false;
    outer.offset = inner.offset + outer.offset * inner.stride;
    // The stride of a relane that reads a single lane means nothing, and may be too long to multiply.
    outer.stride = relane.lanes <= outer.repeat ? 1 : outer.stride * inner.stride;
    relane.arg[0] = from.arg[0];
  } else if (from.op == Op::stack) {
    const auto part = part_read(ir, relane, from);
    if (!part) return false;
    relane.arg[0] = part->first;
    outer.offset = part->second;
  } else {
    return false;
  }
  relane.imm = outer.pack();
  return true;
}

void simplify_relane(Rewriter& to, Inst inst) {
  for (uint32_t i = 0; i < kRulesPerInst && !is_identity(to.to(), inst) && shorten_relane(to.to(), inst); ++i) {
  }
  if (is_identity(to.to(), inst)) return to.replace(inst.arg[0]);
  const Inst& from = to.to()[inst.arg[0]];
  inst.rate = from.rate;
  inst.clock = from.rate == Rate::sample ? from.clock : uint8_t{1};
  inst.entered = rules::entered(to.to(), inst);
  to.keep(inst);
}

void simplify_inst(Rewriter& to, Inst inst, const PassContext& context) {
  if (inst.op == Op::relane) return simplify_relane(to, inst);
  for (uint32_t i = 0; i < kRulesPerInst; ++i) {
    if (uint64_t bits = 0; fold_literal(to.to(), inst, bits)) return to.replace(to.append_literal(inst.type, bits));
    Bindings bindings;
    const SimplifyRule* rule = applicable(to.to(), inst, context, bindings);
    if (!rule) break;
    const Inst root = inst;
    Replacement replacement(to, root, *rule, bindings);
    if (!replacement.is_op()) return to.replace(replacement.value());
    inst = replacement.op();
  }
  to.keep(inst);
}

bool can_simplify(const Ir& ir, const Inst& inst, const PassContext& context) {
  if (inst.op == Op::relane) {
    Inst shorter = inst;
    return is_identity(ir, inst) || shorten_relane(ir, shorter);
  }
  Bindings bindings;
  return applicable(ir, inst, context, bindings) != nullptr;
}

}  // namespace

bool simplify(Ir& ir, const PassContext& context) {
  Poll poll(context.cancelled);
  bool found = false;
  for (const Inst& inst : ir.insts) {
    if (poll.often()) return false;
    if (found = can_simplify(ir, inst, context); found) break;
  }
  if (!found) return false;
  rewrite(ir, poll, [&](Rewriter& to, uint32_t index) { simplify_inst(to, to.renewed(index), context); });
  return true;
}

}  // namespace sinter
