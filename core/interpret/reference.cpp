// The reference: the Ir one sample at a time, in inst order. Slow, simple, and the oracle of every other executor.
//
// Within a base frame time goes in `substeps`, the least common multiple of the clocks. In substep s run, in inst
// order, the insts of each clock c whose local sample begins there: s a multiple of substeps / c. So in substep 0 every
// clock runs, an upsample finds its base value of this frame and a decimate the first sample of its group; later
// substeps run the faster clocks alone. States take their next values at the end of the substep in which their clock
// ran.
#include <map>
#include <numeric>

#include "decode.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/interpret/interpret.hpp"

namespace sinter {
namespace interpret {
namespace {

class Reference final : public Executor {
 public:
  Reference(const Ir& ir, const Plan& plan, Poll& poll);

  std::string_view name() const override { return "reference"; }
  uint32_t max_frames() const override { return UINT32_MAX; }
  uint32_t granule() const override { return 1; }
  uint64_t scratch_bytes() const override { return value_bytes_; }

  void run(const Block& block) const noexcept override {
    uint32_t local[256] = {};
    Context context;
    context.area[static_cast<uint32_t>(Area::values)] = block.scratch;
    context.area[static_cast<uint32_t>(Area::controls)] = block.controls;
    context.area[static_cast<uint32_t>(Area::state)] = block.state;
    context.area[static_cast<uint32_t>(Area::literals)] = literals_.area();
    context.block = &block;
    context.lines = lines_.data();
    context.tables = tables_.data();
    context.local = local;
    for (uint32_t frame = 0; frame < block.frames; ++frame) {
      context.frame = frame;
      for (uint32_t clock : clocks_) local[clock] = frame * clock;
      for (uint32_t substep = 0; substep < substeps_; ++substep) {
        if (substep > 0)
          for (uint32_t clock : clocks_) local[clock] += substep % (substeps_ / clock) == 0;
        const SampleCode& code = codes_[code_of_[substep]];
        for (const Entry& entry : code.body) entry.kernel(entry, context);
        for (const Entry& entry : code.nexts) entry.kernel(entry, context);
      }
    }
  }

 private:
  Literals literals_;
  std::vector<Extent> lines_, tables_;
  std::vector<uint32_t> clocks_;
  uint32_t substeps_ = 1;
  std::vector<SampleCode> codes_;  ///< one per set of clocks that run together
  std::vector<uint32_t> code_of_;  ///< per substep
  uint64_t value_bytes_ = 0;
};

bool runs_per_sample(const Inst& inst) { return inst.rate == Rate::sample || is_root(inst.op); }

Reference::Reference(const Ir& ir, const Plan& plan, Poll& poll)
    : lines_(line_extents(plan.layout)), tables_(table_extents(plan.layout)) {
  std::map<uint32_t, bool> found{{1, true}};
  for (const Inst& inst : ir.insts)
    if (runs_per_sample(inst)) found[inst.clock] = true;
  for (const auto& [clock, used] : found) {
    clocks_.push_back(clock);
    substeps_ = std::lcm(substeps_, clock);
  }

  // All entries are decoded once, then dealt to the sets of clocks; an inst may decode to several.
  SampleDecoder decoder(ir, plan, literals_);
  struct Piece {
    uint32_t clock;
    SampleCode code;
  };
  std::vector<Piece> pieces;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (poll.often()) return;
    if (!runs_per_sample(ir.insts[i])) continue;
    if (pieces.empty() || pieces.back().clock != ir.insts[i].clock) pieces.push_back({ir.insts[i].clock, {}});
    decoder.add({i}, pieces.back().code);
  }
  value_bytes_ = decoder.bytes();

  std::map<std::vector<bool>, uint32_t> sets;
  for (uint32_t substep = 0; substep < substeps_; ++substep) {
    std::vector<bool> set;
    for (uint32_t clock : clocks_) set.push_back(substep % (substeps_ / clock) == 0);
    const auto [at, fresh] = sets.try_emplace(set, static_cast<uint32_t>(codes_.size()));
    code_of_.push_back(at->second);
    if (!fresh) continue;
    SampleCode& code = codes_.emplace_back();
    for (const Piece& piece : pieces) {
      if (poll.often()) return;
      if (substep % (substeps_ / piece.clock) != 0) continue;
      code.body.insert(code.body.end(), piece.code.body.begin(), piece.code.body.end());
      code.nexts.insert(code.nexts.end(), piece.code.nexts.begin(), piece.code.nexts.end());
    }
  }
}

}  // namespace
}  // namespace interpret

std::unique_ptr<const Executor> make_reference(const Ir& ir, const Plan& plan, const std::function<bool()>* cancelled) {
  Poll poll(cancelled);
  auto made = std::make_unique<interpret::Reference>(ir, plan, poll);
  if (poll.now()) return nullptr;
  return made;
}

}  // namespace sinter
