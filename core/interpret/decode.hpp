// From insts to entries: gives every value a slot in the scratch and every operand its place.
#pragma once

#include <unordered_map>
#include <vector>

#include "entry.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::interpret {

/// Distinct literals, 8 bytes each, in their own type.
class Literals {
 public:
  Operand operand(const Inst& inst);
  /// The area; entries only ever read it.
  uint8_t* area() const { return reinterpret_cast<uint8_t*>(const_cast<uint64_t*>(bits_.data())); }

 private:
  std::vector<uint64_t> bits_;
  std::unordered_map<uint64_t, uint32_t> found_[2];
};

/// Rings and tables as the accesses need them.
std::vector<Extent> line_extents(const Layout& layout);
std::vector<Extent> table_extents(const Layout& layout);

/// Operand of a constant- or control-rate value other than a literal.
Operand control_operand(const Ir& ir, const Plan& plan, Value value);

/// Appends the entries of relane, stack or fold; `operand` tells where arguments lie.
template <class OperandOf>
void decode_lanes(const Ir& ir, const Inst& inst, Operand result, OperandOf&& operand, std::vector<Entry>& to) {
  if (inst.op != Op::stack) {
    Entry entry{.kernel = inst.op == Op::relane ? relane_kernel(inst.type) : fold_kernel(inst.type), .result = result};
    entry.a = operand(inst.arg[0]);
    entry.lanes = inst.lanes;
    entry.extra = inst.op == Op::relane ? inst.imm : ir[inst.arg[0]].lanes;
    to.push_back(entry);
    return;
  }
  for (uint32_t i = 0; i < arg_count(ir, inst); ++i) {
    const Value part = arg(ir, inst, i);
    to.push_back({.kernel = copy_kernel(inst.type), .result = result, .a = operand(part), .lanes = ir[part].lanes});
    result.offset += ir[part].lanes * size_of(inst.type);
  }
}

/// Sample-rate code that runs one local sample at a time, in the order it was added. States take their next value only
/// when all of the sample's body has run, so `nexts` runs after `body`.
struct SampleCode {
  std::vector<Entry> body, nexts;
};

class SampleDecoder {
 public:
  SampleDecoder(const Ir& ir, const Plan& plan, Literals& literals);

  /// Adds an inst and, before it, loads of arguments that other steps left in rows.
  void add(Value value, SampleCode& to);
  /// Adds a store of a plan's step.
  void add(const Store& store, uint8_t clock, SampleCode& to);
  /// Bytes of all slots so far.
  uint64_t bytes() const { return bytes_; }

 private:
  Operand operand(Value value, SampleCode& to);
  Operand import(Value value, SampleCode& to);
  Operand make_slot(Value value);
  uint32_t allocate(uint64_t bytes);
  Operand spread(Operand element, uint32_t lanes, Type type) const;
  void decode_structural(Value value, Entry entry, SampleCode& to);
  void decode_call(Value value, SampleCode& to);

  const Ir& ir_;
  const Plan& plan_;
  Literals& literals_;
  std::vector<uint32_t> slot_;
  uint64_t bytes_ = 0;
};

}  // namespace sinter::interpret
