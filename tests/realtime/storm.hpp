// What a host, a user and a badly behaved script do to an engine at once: swaps, parameters, notes, transport, states.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sinter/engine/engine.hpp"
#include "sinter/graph/graph.hpp"
#include "support.hpp"

namespace sinter::test {

inline constexpr double kStormRate = 48'000;

/// Shared by the threads of one run.
struct Storm {
  Engine engine;
  std::atomic<bool> over{false};
  std::atomic<uint64_t> swaps{0}, captures{0}, restores{0}, sets{0}, refused{0};
  std::string problem;  ///< of the swapping thread, read when it has ended
};

/// Every patch of examples/, in the order of their names.
std::vector<Graph> example_graphs();
/// A program for a random patch (or one of `examples`) on a random executor that this machine has; null where its
/// compiler refuses it, which no patch here should.
std::shared_ptr<const Program> random_program(Random& random, const std::vector<Graph>& examples);

/// Control thread until `over`: swaps, captures and restores, one after the other.
void swap_programs(Storm& storm, uint64_t seed);
/// Any thread until `over`: sets parameters by the thousand, some of which do not exist, to anything.
void set_parameters(Storm& storm, uint64_t seed);
/// The audio thread's: events of one block, in order; clears `events` first. Allocates nothing within its capacity.
void random_events(Random& random, uint32_t frames, std::vector<Event>& events);
Transport random_transport(Random& random);

}  // namespace sinter::test
