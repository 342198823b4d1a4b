// Loops over lanes: neighbours of equal lanes share one, so that headers stay short and compilers vectorise across
// them.
#include "model.hpp"

namespace sinter::exporting {
namespace {

class Scheduler {
 public:
  explicit Scheduler(const Ir& ir) : ir_(ir), home_(ir_.size(), 0) { made_.array.assign(ir_.size(), false); }

  Schedule run(const std::vector<uint32_t>& insts) {
    for (const uint32_t i : insts) add(i);
    close();
    return std::move(made_);
  }

 private:
  bool loops(const Inst& inst) const { return inst.lanes > 1 && inst.op != Op::stack; }

  // Reads lanes other than its own.
  static bool crosses(const Inst& inst) { return inst.op == Op::relane || inst.op == Op::fold || inst.op == Op::stack; }

  // All lanes write one table: lane by lane, some would read what others have just set.
  bool shares_table(const Inst& inst) const {
    return inst.op == Op::table_set && inst.lanes > 1 && ir_.tables[inst.imm].lanes == 1;
  }

  bool in_open(uint32_t value) const { return !open_.insts.empty() && home_[value] == loop_; }

  bool reads_open(const Inst& inst) const {
    for (uint32_t i = 0; i < arg_count(ir_, inst); ++i)
      if (in_open(arg(ir_, inst, i).index)) return true;
    return false;
  }

  void close() {
    if (!open_.insts.empty()) made_.items.push_back(std::move(open_));
    open_ = {};
  }

  void add(uint32_t index) {
    const Inst& inst = ir_.insts[index];
    if (!loops(inst)) {
      // A table is set after all lanes have read it.
      if (inst.op == Op::table_set || reads_open(inst)) close();
      home_[index] = 0;
      note_arrays(index);
      made_.items.push_back({1, {index}});
      return;
    }
    const bool apart = shares_table(inst);
    if (apart || open_.lanes != inst.lanes || (crosses(inst) && reads_open(inst))) close();
    if (open_.insts.empty()) ++loop_;
    open_.lanes = inst.lanes;
    home_[index] = loop_;
    open_.insts.push_back(index);
    note_arrays(index);
    if (apart) close();
  }

  // Values of other loops, and those of which other lanes are read, have to lie in memory.
  void note_arrays(uint32_t index) {
    const Inst& inst = ir_.insts[index];
    for (uint32_t i = 0; i < arg_count(ir_, inst); ++i) {
      uint32_t from = arg(ir_, inst, i).index;
      while (ir_.insts[from].op == Op::push) from = ir_.insts[from].arg[0].index;
      const bool same = home_[index] != 0 && home_[from] == home_[index];
      if (ir_.insts[from].lanes > 1 && !same) made_.array[from] = true;
    }
  }

  const Ir& ir_;
  Schedule made_;
  Item open_;
  uint32_t loop_ = 0;
  std::vector<uint32_t> home_;  // the loop an inst is in, from 1; 0: none
};

}  // namespace

Schedule make_schedule(const Ir& ir, const std::vector<uint32_t>& insts) { return Scheduler(ir).run(insts); }

}  // namespace sinter::exporting
