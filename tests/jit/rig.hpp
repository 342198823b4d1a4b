// Runs hand-built Ir on a backend or on the reference interpreter, through plan and engine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compare.hpp"
#include "sinter/engine/engine.hpp"
#include "sinter/ir/builder.hpp"
#include "sinter/jit/jit.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::test {

using Rows = std::vector<std::vector<float>>;  ///< per channel

/// The backends this machine runs; the others are noted as skipped.
std::vector<const Backend*> jit_here();

/// Checks and plans the Ir and compiles it as it stands, without passes. No backend: the reference interpreter. Where
/// `options` have no width, all recurrences run one sample at a time. Fails the test where that fails.
std::shared_ptr<const Program> make_program(const Ir& ir, const Backend* backend, const PlanOptions& options = {});

struct Turn {
  uint32_t frame, param;
  double value;
};

/// Output of `frames` frames in calls of `block` frames (0: one call). Missing inputs are silent.
Rows render(const std::shared_ptr<const Program>& program, const Rows& inputs, uint32_t frames, uint32_t block = 0,
            const std::vector<Turn>& turns = {});

/// One output per signal, at clock 1.
void add_outputs(Builder& build, const std::vector<Signal>& signals);
Signal add_input(Builder& build, uint32_t channels = 1);

/// Builds a graph once, and checks that every backend gives what the reference gives, for several block sizes: with
/// recurrences one sample at a time, and as the backend's own width solves them in strict mode.
using Draw = std::function<void(Builder&)>;
Rows check_against_reference(const Draw& draw, const Rows& inputs, uint32_t frames,
                             const std::vector<Turn>& turns = {});

/// Noise in −1 … 1, the same for the same seed.
Rows noise(uint32_t channels, uint32_t frames, uint64_t seed);

}  // namespace sinter::test
