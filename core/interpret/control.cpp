// Constant- and control-rate code over the control area: runs of entries that depend on the same parameters, then the
// tables of linear recurrences.
#include <cassert>

#include "decode.hpp"
#include "linear_tables.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/interpret/interpret.hpp"

namespace sinter {
namespace interpret {
namespace {

/// Entries [begin, end) depend on the same parameter groups.
struct Run {
  uint64_t moved_by = 0;
  uint32_t begin = 0, end = 0;
  uint64_t ops = 0;  ///< ops times lanes
};

class Control final : public ControlExecutor {
 public:
  Control(const Ir& ir, const Plan& plan, Poll& poll);

  void constants(uint8_t* controls) const noexcept override {
    const Block block{.tables = table_rows_.data()};
    Context context = make_context(controls);
    context.block = &block;
    for (const Run& run : runs_)
      if (run.moved_by == 0) run_entries(run, context);
  }

  uint64_t run(uint8_t* controls, uint8_t* state, uint64_t moved) const noexcept override {
    const Block block{.tables = table_rows_.data()};
    Context context = make_context(controls);
    context.block = &block;
    uint64_t ops = 0;
    for (const Run& run : runs_) {
      if ((run.moved_by & moved) == 0) continue;
      run_entries(run, context);
      ops += run.ops;
    }
    return ops + linear_tables_.run(controls, state, moved);
  }

 private:
  void decode(const Ir& ir, const Plan& plan, const ControlInst& control);
  Context make_context(uint8_t* controls) const noexcept {
    Context context;
    context.area[static_cast<uint32_t>(Area::controls)] = controls;
    context.area[static_cast<uint32_t>(Area::literals)] = literals_.area();
    context.tables = tables_.data();
    return context;
  }
  void run_entries(const Run& run, const Context& context) const noexcept {
    for (uint32_t i = run.begin; i < run.end; ++i) entries_[i].kernel(entries_[i], context);
  }

  std::vector<Entry> entries_;
  std::vector<Run> runs_;
  Literals literals_;
  // Read-only tables that controls read: the executor has its own copies, for it runs without a block.
  std::vector<Extent> tables_;
  std::vector<std::vector<float>> table_data_;
  std::vector<float*> table_rows_;
  LinearTables linear_tables_;
};

Control::Control(const Ir& ir, const Plan& plan, Poll& poll)
    : tables_(table_extents(plan.layout)), table_data_(plan.layout.tables.size()), linear_tables_(ir, plan, poll) {
  for (const ControlInst& control : plan.controls) {
    if (poll.often()) return;
    const uint32_t begin = static_cast<uint32_t>(entries_.size());
    decode(ir, plan, control);
    const uint32_t end = static_cast<uint32_t>(entries_.size());
    if (begin == end) continue;
    if (runs_.empty() || runs_.back().moved_by != control.moved_by)
      runs_.push_back({control.moved_by, begin, begin, 0});
    runs_.back().end = end;
    runs_.back().ops += ir[control.value].lanes;
  }
  for (std::vector<float>& data : table_data_) table_rows_.push_back(data.data());
}

void Control::decode(const Ir& ir, const Plan& plan, const ControlInst& control) {
  const Inst& inst = ir[control.value];
  const Operand result{control.offset, Area::controls};
  const auto operand = [&](Value value) {
    return ir[value].op == Op::constant ? literals_.operand(ir[value]) : control_operand(ir, plan, value);
  };
  Entry entry{.result = result, .lanes = inst.lanes};
  switch (inst.op) {
    case Op::constant:
      entry.a = operand(control.value);
      entry.kernel = copy_kernel(inst.type);
      break;
    case Op::param: {
      const uint32_t offset = plan.layout.params[inst.imm].offset;
      if (offset == control.offset) return;
      entry.a = {offset, Area::controls};
      entry.kernel = copy_kernel(inst.type);
      break;
    }
    case Op::hold:
      entry.a = operand(inst.arg[0]);
      entry.kernel = ir[inst.arg[0]].type == inst.type ? copy_kernel(inst.type) : op_kernel(Op::narrow, Type::f64);
      break;
    case Op::relane:
    case Op::stack:
    case Op::fold:
      decode_lanes(ir, inst, result, operand, entries_);
      return;
    case Op::lane:
      entry.kernel = count_kernel();
      break;
    case Op::table_get: {
      const TableSlot& table = plan.layout.tables[inst.imm];
      std::vector<float>& data = table_data_[inst.imm];
      data = table.data;
      data.resize(size_t{table.size} * table.lanes);
      entry.imm = static_cast<uint32_t>(inst.imm);
      entry.a = operand(inst.arg[0]);
      entry.kernel = sample_kernel(inst.op, inst.type, ir.real);
      break;
    }
    default: {
      const OpInfo& row = info(inst.op);
      assert(row.signature != Signature::X);
      entry.kernel = op_kernel(inst.op, ir[inst.arg[inst.op == Op::select ? 1 : 0]].type);
      entry.imm = inst.imm2;
      entry.a = operand(inst.arg[0]);
      if (row.arity > 1) entry.b = operand(inst.arg[1]);
      if (row.arity > 2) entry.c = operand(inst.arg[2]);
    }
  }
  entries_.push_back(entry);
}

}  // namespace
}  // namespace interpret

std::unique_ptr<const ControlExecutor> make_control(const Ir& ir, const Plan& plan,
                                                    const std::function<bool()>* cancelled) {
  Poll poll(cancelled);
  auto made = std::make_unique<interpret::Control>(ir, plan, poll);
  if (poll.now()) return nullptr;
  return made;
}

}  // namespace sinter
