// hash_cons: one inst for equal computations.
#include <vector>

#include "list.hpp"
#include "rewrite.hpp"
#include "sinter/ir/cons_table.hpp"

namespace sinter {
namespace {

// Arguments as the first of their equals.
void redirect(Ir& ir, Inst& inst, const std::vector<Value>& first) {
  const bool pooled = inst.op == Op::stack || inst.op == Op::call;
  Value* args = pooled ? ir.pool.data() + inst.arg[0].index : inst.arg;
  const uint32_t count = arg_count(ir, inst);
  for (uint32_t i = 0; i < count; ++i) args[i] = first[args[i].index];
}

}  // namespace

bool hash_cons(Ir& ir, const PassContext& context) {
  Poll poll(context.cancelled);
  ConsTable table(ir.size());
  std::vector<Value> first(ir.size());
  bool equals = false, swapped = false;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (poll.often()) return false;
    Inst& inst = ir.insts[i];
    if (equals) redirect(ir, inst, first);
    swapped |= rules::order_arguments(inst);
    first[i] = rules::is_unique(inst.op) ? Value{i} : table.find(ir, inst, [&] { return Value{i}; });
    equals |= first[i].index != i;
  }
  if (!equals) return swapped;
  compact(ir, poll, [&](uint32_t index) { return first[index].index == index; });
  return true;
}

}  // namespace sinter
