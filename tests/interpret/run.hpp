// Runs small Irs on the reference and on the block interpreter at every instruction set, over any partition.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sinter/engine/engine.hpp"
#include "sinter/ir/builder.hpp"

namespace sinter::test {

using Channels = std::vector<std::vector<float>>;

/// "reference", then "interpreter <set>" for each set this processor runs; the first alone for f64 Irs.
std::vector<std::string> executors(const Ir& ir);

/// The program of an Ir on one of executors(). Checks that it can be planned.
std::shared_ptr<const Program> make_program(const Ir& ir, const std::string& executor);

/// Cuts of a signal: each size in turn, round and round. {0} stands for all at once.
using Partition = std::vector<uint32_t>;
const std::vector<Partition>& partitions();

/// Runs the engine over the inputs (all of one length) cut by the partition. `before` is called before each block with
/// its first frame.
Channels run(Engine& engine, const Channels& inputs, uint32_t frames, const Partition& partition,
             const std::function<void(uint64_t)>& before = {});

/// Builds an Ir, runs it on every executor over every partition and checks that all outputs are the expected bits.
void check_everywhere(const std::function<void(Builder&)>& build, const Channels& inputs, uint32_t frames,
                      const Channels& expected);

/// Declares an input or output and returns its index.
uint32_t add_input(Builder& b, uint32_t channels = 1);
uint32_t add_output(Builder& b, uint32_t channels = 1);

/// Noise within ±1.
std::vector<float> noise(uint32_t frames, uint64_t seed);

}  // namespace sinter::test
