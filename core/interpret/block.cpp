// The block interpreter: the plan's steps in order, each over the whole block.
#include "block.hpp"

#include <algorithm>
#include <cassert>

#include "sinter/interpret/interpret.hpp"

namespace sinter {
namespace interpret {
namespace {

class BlockInterpreter final : public Executor {
 public:
  BlockInterpreter(const Ir& ir, const Plan& plan, const RowSet& set, Poll& poll) {
    shared_.set = &set;
    shared_.lines = line_extents(plan.layout);
    shared_.tables = table_extents(plan.layout);
    for (const Step& step : plan.steps) {
      if (poll.often()) return;
      steps_.push_back(make(ir, plan, step, poll));
      scratch_bytes_ = std::max(scratch_bytes_, steps_.back()->scratch_bytes());
    }
  }

  std::string_view name() const override { return "interpreter"; }
  uint32_t max_frames() const override { return kCellFrames; }
  uint32_t granule() const override { return 1; }
  uint64_t scratch_bytes() const override { return scratch_bytes_; }
  void run(const Block& block) const noexcept override {
    for (const auto& step : steps_) step->run(block);
  }

 private:
  std::unique_ptr<const BlockStep> make(const Ir& ir, const Plan& plan, const Step& step, Poll& poll) {
    switch (step.kind) {
      case StepKind::time_parallel:
      case StepKind::serial:
      case StepKind::lanes:
        return runs_over_rows(ir, step) ? make_rows_step(ir, plan, step, shared_, poll)
                                        : make_serial_step(ir, plan, step, shared_, poll);
      case StepKind::woven:
        return make_serial_step(ir, plan, step, shared_, poll);
      case StepKind::fold:
        return make_fold_step(ir, plan, step, shared_);
      case StepKind::upsample:
      case StepKind::decimate:
        return make_clock_step(ir, plan, step, shared_);
      case StepKind::call:
        return make_call_step(ir, step);
      case StepKind::either:
        return make(ir, plan, step.otherwise[0], poll);
    }
    return nullptr;
  }

  Shared shared_;
  std::vector<std::unique_ptr<const BlockStep>> steps_;
  uint64_t scratch_bytes_ = 0;
};

}  // namespace

std::unique_ptr<const Executor> make_block_interpreter(const Ir& ir, const Plan& plan, const RowSet& set,
                                                       const std::function<bool()>* cancelled) {
  assert(ir.real == Type::f32);
  Poll poll(cancelled);
  auto made = std::make_unique<BlockInterpreter>(ir, plan, set, poll);
  if (poll.now()) return nullptr;
  return made;
}

}  // namespace interpret

std::unique_ptr<const Executor> make_block_interpreter(const Ir& ir, const Plan& plan,
                                                       const std::function<bool()>* cancelled) {
  const interpret::RowSet* sets[interpret::kMaxRowSets];
  const uint32_t count = interpret::available_row_sets(sets, interpret::kMaxRowSets);
  return interpret::make_block_interpreter(ir, plan, *sets[count - 1], cancelled);
}

}  // namespace sinter
