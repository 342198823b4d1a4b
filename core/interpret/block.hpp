// The steps of the block interpreter, one class per way of running.
#pragma once

#include <memory>

#include "decode.hpp"
#include "row_code.hpp"
#include "sinter/base/poll.hpp"

namespace sinter::interpret {

/// What all steps of an executor share while it lives.
struct Shared {
  const RowSet* set = nullptr;
  Literals literals;
  LiteralRows literal_rows;
  std::vector<Extent> lines, tables;
};

/// One decoded step. Immutable; it may use Block::scratch as it likes.
class BlockStep {
 public:
  virtual ~BlockStep() = default;
  virtual uint64_t scratch_bytes() const = 0;
  virtual void run(const Block& block) const noexcept = 0;
};

// Once `poll` says stop, a step stays unfinished and is good for nothing but being dropped.
std::unique_ptr<const BlockStep> make_rows_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared,
                                                Poll& poll);
/// Serial or woven.
std::unique_ptr<const BlockStep> make_serial_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared,
                                                  Poll& poll);
std::unique_ptr<const BlockStep> make_fold_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared);
/// Upsample or decimate.
std::unique_ptr<const BlockStep> make_clock_step(const Ir& ir, const Plan& plan, const Step& step, Shared& shared);
std::unique_ptr<const BlockStep> make_call_step(const Ir& ir, const Step& step);

/// The block interpreter on a given instruction set: tests compare them.
std::unique_ptr<const Executor> make_block_interpreter(const Ir& ir, const Plan& plan, const RowSet& set,
                                                       const std::function<bool()>* cancelled = nullptr);

}  // namespace sinter::interpret
