// The graph in which recurrences are components.
#include "sinter/ir/components.hpp"

namespace sinter {

Edges dependencies(const Ir& ir, bool through_lines) {
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> next(ir.states.size(), kNone), push(ir.lines.size(), kNone);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (ir.insts[i].op == Op::next) next[ir.insts[i].imm] = i;
    if (ir.insts[i].op == Op::push && through_lines) push[ir.insts[i].imm] = i;
  }
  Edges edges;
  edges.first.reserve(ir.size() + 1);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    edges.first.push_back(static_cast<uint32_t>(edges.to.size()));
    const Inst& inst = ir.insts[i];
    if (inst.op == Op::prev && next[inst.imm] != kNone) edges.to.push_back(next[inst.imm]);
    if (inst.op == Op::tap && push[inst.imm] != kNone) edges.to.push_back(push[inst.imm]);
    for (uint32_t a = 0, count = arg_count(ir, inst); a < count; ++a) edges.to.push_back(arg(ir, inst, a).index);
  }
  edges.first.push_back(static_cast<uint32_t>(edges.to.size()));
  return edges;
}

}  // namespace sinter
