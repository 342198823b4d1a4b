// Time-parallel steps over rows; serial and woven steps one sample at a time.
#include <algorithm>

#include "block.hpp"
#include "sinter/base/round_up.hpp"

namespace sinter::interpret {
namespace {

class RowsStep final : public BlockStep {
 public:
  RowsStep(RowCode code, const Step& step, const Shared& shared)
      : code_(std::move(code)), lanes_(step.lanes), clock_(step.clock), shared_(shared) {}

  uint64_t scratch_bytes() const override { return first_row() + code_.row_bytes; }

  void run(const Block& block) const noexcept override {
    RowContext x;
    x.reg = reinterpret_cast<uint8_t**>(block.scratch);
    x.clock = clock_;
    x.block = &block;
    x.sources = code_.sources.data();
    x.entries = code_.entries.data();
    x.lines = shared_.lines.data();
    x.tables = shared_.tables.data();
    uint8_t* rows = block.scratch + first_row();
    for (size_t i = 0; i < code_.homes.size(); ++i)
      x.reg[i] = code_.homes[i] == kNoHome ? nullptr : rows + code_.homes[i];
    for (const auto& [reg, row] : code_.literals) x.reg[reg] = const_cast<uint8_t*>(row);
    const uint32_t total = block.frames * clock_;
    for (x.lane = 0; x.lane < lanes_; ++x.lane) {
      for (x.begin = 0; x.begin < total; x.begin += kRowSamples) {
        x.samples = std::min(kRowSamples, total - x.begin);
        for (const RowOp& op : code_.ops)
          if (x.lane < op.lanes) op.kernel(op, x);
      }
    }
  }

 private:
  /// The register pointers come first.
  uint64_t first_row() const { return round_up(code_.homes.size() * sizeof(uint8_t*), kCacheLine); }

  RowCode code_;
  uint32_t lanes_;
  uint8_t clock_;
  const Shared& shared_;
};

class SerialStep final : public BlockStep {
 public:
  SerialStep(const Ir& ir, const Plan& plan, const Step& step, Shared& shared, Poll& poll)
      : clock_(step.clock), shared_(shared) {
    SampleDecoder decoder(ir, plan, shared.literals);
    add(step, decoder, poll);
    // Woven: within a sample its steps take turns, all lanes of one before the next, and all states change at the end.
    for (const Step& inner : step.inner) add(inner, decoder, poll);
    bytes_ = decoder.bytes();
  }

  uint64_t scratch_bytes() const override { return bytes_; }

  void run(const Block& block) const noexcept override {
    uint32_t local[256];
    Context context;
    context.area[static_cast<uint32_t>(Area::values)] = block.scratch;
    context.area[static_cast<uint32_t>(Area::controls)] = block.controls;
    context.area[static_cast<uint32_t>(Area::state)] = block.state;
    context.area[static_cast<uint32_t>(Area::literals)] = shared_.literals.area();
    context.block = &block;
    context.lines = shared_.lines.data();
    context.tables = shared_.tables.data();
    context.local = local;
    const uint32_t total = block.frames * clock_;
    for (uint32_t i = 0; i < total; ++i) {
      local[clock_] = i;
      for (const Entry& entry : code_.body) entry.kernel(entry, context);
      for (const Entry& entry : code_.nexts) entry.kernel(entry, context);
    }
  }

 private:
  void add(const Step& step, SampleDecoder& decoder, Poll& poll) {
    for (Value value : step.body) {
      if (poll.often()) return;
      decoder.add(value, code_);
    }
    for (const Store& store : step.stores) decoder.add(store, step.clock, code_);
  }

  SampleCode code_;
  uint8_t clock_;
  const Shared& shared_;
  uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<const BlockStep> make_rows_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared,
                                                Poll& poll) {
  return std::make_unique<RowsStep>(decode_rows(ir, plan, step, *shared.set, shared.literal_rows, poll), step, shared);
}

std::unique_ptr<const BlockStep> make_serial_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared,
                                                  Poll& poll) {
  return std::make_unique<SerialStep>(ir, plan, step, shared, poll);
}

}  // namespace sinter::interpret
