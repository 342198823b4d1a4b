// A Plan as machine code: one function per run of steps between External calls.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "code_memory.hpp"
#include "isa.hpp"
#include "sinter/compile/backend.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::jit {

/// Runs over the block; or, where `code` is null, the External `call` with rows of the row table.
struct Segment {
  using Code = void (*)(const Block*);
  Code code = nullptr;
  uint32_t call = 0;
  uint32_t first_input_row = 0, first_output_row = 0;
};

struct Generated {
  CodeMemory memory;
  std::vector<Segment> segments;
  uint64_t code_bytes = 0, scratch_bytes = 0;
  std::vector<ListingLine> listing;
};

/// Control thread. Errc::no_machine_code where the system refuses executable memory, Errc::internal for a broken plan,
/// Errc::cancelled once `cancelled`, which is polled, gives true. Null: never.
Result<Generated> generate(const Ir& ir, const Plan& plan, const Isa& isa, bool want_listing,
                           const std::function<bool()>* cancelled = nullptr);

}  // namespace sinter::jit
