// The interpreters: always there, need no executable memory. All return executors over the plan's layout, or null once
// `cancelled`, which is polled while they decode, gives true. Control thread.
#pragma once

#include <functional>
#include <memory>

#include "sinter/engine/program.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

/// One sample at a time, straight from the Ir: the oracle of every other executor. Uses the layout's states, lines,
/// tables and controls, and nothing of the plan's steps and buffers. For f32 and f64 compilations.
std::unique_ptr<const Executor> make_reference(const Ir& ir, const Plan& plan,
                                               const std::function<bool()>* cancelled = nullptr);

/// The plan's steps, op by op over rows of up to 64 frames with xsimd. f32 compilations only.
std::unique_ptr<const Executor> make_block_interpreter(const Ir& ir, const Plan& plan,
                                                       const std::function<bool()>* cancelled = nullptr);

/// Constant- and control-rate code, for every executor.
std::unique_ptr<const ControlExecutor> make_control(const Ir& ir, const Plan& plan,
                                                    const std::function<bool()>* cancelled = nullptr);

}  // namespace sinter
