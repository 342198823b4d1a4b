// Steps that join rows of different lanes, clocks or worlds: fold, upsample, decimate and External calls.
#include <algorithm>

#include "block.hpp"
#include "sinter/base/fp_mode.hpp"

namespace sinter::interpret {
namespace {

std::vector<RowOp> decode_stores(const Ir& ir, const Step& step) {
  std::vector<RowOp> ops;
  for (const Store& store : step.stores) {
    const Inst& inst = ir[store.value];
    ops.push_back({.kernel = store_kernel(store.kind, inst.type), .lanes = inst.lanes, .index = store.offset});
  }
  return ops;
}

class FoldStep final : public BlockStep {
 public:
  FoldStep(const Ir& ir, const Plan& plan, const Step& step, Shared& shared)
      : inst_(ir[step.body[0]]),
        source_(make_source(ir, plan, shared.literal_rows, inst_.arg[0])),
        parts_(ir[inst_.arg[0]].lanes),
        add_(elementwise(*shared.set, inst_.type == Type::i32 ? Op::iadd : Op::add, inst_.type, 0, entries_)),
        stores_(decode_stores(ir, step)) {
    add_.b = 1;
  }

  uint64_t scratch_bytes() const override { return 2 * kHome; }

  // Registers: 0 the sum, 1 the row added to it.
  void run(const Block& block) const noexcept override {
    uint8_t* reg[2];
    RowContext x{.reg = reg, .clock = inst_.clock, .block = &block, .entries = entries_.data()};
    const uint32_t total = block.frames * inst_.clock;
    const size_t size = size_of(inst_.type);
    for (x.lane = 0; x.lane < inst_.lanes; ++x.lane) {
      for (x.begin = 0; x.begin < total; x.begin += kRowSamples) {
        x.samples = std::min(kRowSamples, total - x.begin);
        reg[0] = block.scratch;
        const uint8_t* first = fetch(source_, block, x.lane, x.begin, x.samples, block.scratch + kHome);
        std::memcpy(reg[0], first, x.samples * size);
        for (uint32_t part = x.lane + inst_.lanes; part < parts_; part += inst_.lanes) {
          reg[1] = fetch(source_, block, part, x.begin, x.samples, block.scratch + kHome);
          add_.kernel(add_, x);
        }
        for (const RowOp& store : stores_)
          if (x.lane < store.lanes) store.kernel(store, x);
      }
    }
  }

 private:
  static constexpr uint32_t kHome = kRowSamples * 8;

  Inst inst_;
  Source source_;
  uint32_t parts_;
  std::vector<Entry> entries_;
  RowOp add_;
  std::vector<RowOp> stores_;
};

// Upsample spreads samples of its argument over imm times as many, decimate keeps every imm-th.
class ClockStep final : public BlockStep {
 public:
  ClockStep(const Ir& ir, const Plan& plan, const Step& step, Shared& shared)
      : inst_(ir[step.body[0]]),
        source_(make_source(ir, plan, shared.literal_rows, inst_.arg[0])),
        from_clock_(ir[inst_.arg[0]].clock),
        stores_(decode_stores(ir, step)) {}

  // A row to fetch to, and a whole block of the result.
  uint64_t scratch_bytes() const override { return kRowSamples * 8 + uint64_t{kCellFrames} * inst_.clock * 8; }

  void run(const Block& block) const noexcept override {
    if (inst_.type == Type::f64) run_as<uint64_t>(block);
    else run_as<uint32_t>(block);
  }

 private:
  template <class T>
  void run_as(const Block& block) const noexcept {
    uint8_t* home = block.scratch;
    uint8_t* result = block.scratch + kRowSamples * 8;
    RowContext x{.reg = &result, .samples = block.frames * inst_.clock, .clock = inst_.clock, .block = &block};
    const uint32_t total = block.frames * from_clock_, factor = static_cast<uint32_t>(inst_.imm);
    for (x.lane = 0; x.lane < inst_.lanes; ++x.lane) {
      if (inst_.op == Op::upsample) std::fill_n(reinterpret_cast<T*>(result), x.samples, T{});
      for (uint32_t begin = 0; begin < total; begin += kRowSamples) {
        const uint32_t samples = std::min(kRowSamples, total - begin);
        const uint8_t* from = fetch(source_, block, x.lane, begin, samples, home);
        for (uint32_t i = 0; i < samples; ++i) {
          const T value = load<T>(from + i * sizeof(T));
          if (inst_.op == Op::upsample) store<T>(result + size_t{begin + i} * factor * sizeof(T), value);
          else if ((begin + i) % factor == 0) store<T>(result + size_t{(begin + i) / factor} * sizeof(T), value);
        }
      }
      for (const RowOp& store : stores_)
        if (x.lane < store.lanes) store.kernel(store, x);
    }
  }

  Inst inst_;
  Source source_;
  uint8_t from_clock_;
  std::vector<RowOp> stores_;
};

// The row table holds the call's rows as External wants them.
class CallStep final : public BlockStep {
 public:
  CallStep(const Ir& ir, const Step& step)
      : call_(static_cast<uint32_t>(ir[step.body[0]].imm)),
        input_(step.first_input_row),
        output_(step.first_output_row) {}

  uint64_t scratch_bytes() const override { return 0; }

  void run(const Block& block) const noexcept override {
    const AudioFpMode mode;
    block.externals[call_]->process({block.rows + input_, block.rows + output_, block.frames});
  }

 private:
  uint32_t call_, input_, output_;
};

}  // namespace

std::unique_ptr<const BlockStep> make_fold_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared) {
  return std::make_unique<FoldStep>(ir, plan, step, shared);
}
std::unique_ptr<const BlockStep> make_clock_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared) {
  return std::make_unique<ClockStep>(ir, plan, step, shared);
}
std::unique_ptr<const BlockStep> make_call_step(const Ir& ir, const Step& step) {
  return std::make_unique<CallStep>(ir, step);
}

}  // namespace sinter::interpret
