// Machine code without an engine around it: what Engine::process() adds is left out, and single steps of a plan can
// run.
#pragma once

#include <memory>
#include <vector>

#include "sinter/bench/measure.hpp"

namespace sinter::measuring {

/// The memory of a program as an engine prepares it: parameters at their defaults, ramps at rest, no notes. Control
/// thread; call() allocates nothing.
class BareRun {
 public:
  BareRun(std::shared_ptr<const Program> program, uint32_t frames);
  BareRun(const BareRun&) = delete;
  BareRun& operator=(const BareRun&) = delete;

  /// One block of `frames`, in as many calls as the executor asks for. Any executor of the program's layout, whose
  /// scratch reserve_scratch() has seen.
  void call(const Executor& executor) noexcept;
  void call() noexcept { call(*program_->executor); }
  void reserve_scratch(const Executor& executor);

  const Program& program() const { return *program_; }
  float* input(uint32_t channel) { return rows_[channel].data(); }
  float* output(uint32_t channel) { return rows_[program_->layout.input_channels + channel].data(); }

 private:
  struct Free {
    void operator()(uint8_t* bytes) const;
  };
  using Bytes = std::unique_ptr<uint8_t, Free>;
  static Bytes zeroed(uint64_t bytes);
  void make_states();
  void make_controls();
  void make_rows();

  std::shared_ptr<const Program> program_;
  uint32_t frames_;
  Bytes controls_, state_, buffers_, probes_, scratch_;
  uint64_t scratch_bytes_ = 0;
  std::vector<Bytes> rings_;
  std::vector<uint8_t*> ring_pointers_;
  std::vector<std::vector<float>> tables_;
  std::vector<float*> table_pointers_;
  std::vector<std::unique_ptr<External>> externals_;
  std::vector<External*> external_pointers_;
  std::vector<Row> rows_;
  std::vector<float*> row_table_;
  std::vector<const float*> inputs_;
  std::vector<float*> outputs_;
  Block block_;
};

}  // namespace sinter::measuring
