// How an op becomes instructions: the x86 column of ops.def and the few things that steps add (loads, stores, delay
// lines).
#pragma once

#include <cstdint>

#include "allocator.hpp"
#include "isa.hpp"
#include "sinter/ir/ir.hpp"

namespace sinter::jit {

class Emitter;
struct Recipe;

/// One instruction in its encodings: SSE with two operands, VEX and EVEX with three. 0: there is none.
struct Ids {
  uint32_t sse = 0, vex = 0;
};

/// What a recipe finds: registers, and at most one argument in memory.
struct Operands {
  x86::Vec dst;
  asmjit::Operand arg[kMaxArgs];
  x86::Vec temp[kMaxTemps];
  uint32_t copy = 0;           ///< which of the interleaved copies of the body
  uint32_t pointer = 0;        ///< of the body's pointers
  int32_t offset = 0;          ///< bytes
  uint32_t low = 0, high = 0;  ///< bounds of an index, ring mask, or the op that was merged
  uint32_t second = 0;         ///< another pointer, or a state
  uint32_t row = 0;            ///< which of a turn's vectors of consecutive samples
  const x86::Vec& reg(uint32_t i) const { return arg[i].as<x86::Vec>(); }
};

struct Recipe {
  using Emit = void (*)(Emitter&, const Recipe&, const Operands&);
  Emit emit[3] = {};  ///< per level
  Ids ids, single;    ///< single: the form on one element, whose memory operand is one element too
  uint32_t imm = 0;
  bool swaps = false;    ///< arguments 0 and 1 arrive exchanged
  bool renames = false;  ///< no instruction: the result is the argument
  Rule rules[kModes];

  bool emits() const { return emit[2] || renames; }
};

/// What the x86 column leaves to say besides its instructions, per level where it differs.
struct Shape {
  uint8_t fold[3] = {};  ///< arguments that may be in memory
  uint8_t temps[3] = {};
  bool tied_sse = false;
  bool early[3] = {};
};

constexpr Recipe shaped(Recipe recipe, const Shape& shape) {
  for (uint32_t mode = 0; mode < kModes; ++mode) {
    const uint32_t level = mode / 2;
    const bool scalar = mode % 2;
    Rule& rule = recipe.rules[mode];
    rule.wide = shape.fold[level];
    const bool elements = level == static_cast<uint32_t>(Level::avx512) || (scalar && recipe.single.vex);
    rule.element = elements ? shape.fold[level] : 0;
    rule.temps = shape.temps[level];
    rule.tied = level == static_cast<uint32_t>(Level::sse) && shape.tied_sse;
    rule.early = shape.early[level];
  }
  return recipe;
}

/// Operands::low of fma: the product, what is added, or both are negated.
inline constexpr uint32_t kMinusProduct = 1, kMinusSum = 2;

/// One way to emit it on every level.
constexpr Recipe same(Recipe::Emit emit, const Shape& shape = {}) {
  return shaped({.emit = {emit, emit, emit}}, shape);
}

/// The recipe of an op; emits() is false for structural and f64 ops.
const Recipe& recipe_of(Op op);
/// select(compare(a, b), c, d) in one, through a mask register (AVX-512). Operands::low is the compare.
extern const Recipe kSelectByCompare;
bool is_compare(Op op);
/// arg 0 / arg 1 of packed EVEX code where Plan::tame holds: within an ulp, in a quarter of the time.
extern const Recipe kDivideByEstimate;

extern const Recipe kCopy;            ///< dst = arg 0, in another register
extern const Recipe kIndex;           ///< dst = pointer value + frame + copy · low, in all lanes, as i32
extern const Recipe kStore;           ///< row at pointer + offset = arg 0
extern const Recipe kNext;            ///< state at pointer + offset, or its register, = arg 0
extern const Recipe kPush;            ///< ring (pointer, mask `high`) at position (second) = arg 0
extern const Recipe kTap;             ///< dst = ring, arg 0 clamped to low … offset samples ago; mask `high`
extern const Recipe kTapFixed;        ///< the same at `low` samples
extern const Recipe kTableGet;        ///< dst = table (pointer) at arg 0 clamped to 0 … high
extern const Recipe kTableSet;        ///< table (pointer) at arg 0 clamped to 0 … high = arg 1
extern const Recipe kProbe;           ///< peak and sum of squares at `offset` + copy · low of the scratch area
extern const Recipe kStoreTile;       ///< lanes: tile `low` = arg 0
extern const Recipe kFoldLanes;       ///< lanes: the sums of fold `low`, of `high` lanes, grow by arg 0
extern const Recipe kTableSetLanes;   ///< lanes: kTableSet for every lane that exists
extern const Recipe kRingStore;       ///< ring (pointer, mask `high`): a vector from position (second) + offset = arg 0
extern const Recipe kRingLoad;        ///< dst = a vector of it from `low` samples before that position
extern const Recipe kRingLoadAt;      ///< the same, element 0 of arg 0 clamped to low … offset samples before
extern const Recipe kRingGather;      ///< dst = ring at position arg 1 less arg 0 clamped to low … offset
extern const Recipe kUnpackLow;       ///< per 128 bits: elements a0 b0 a1 b1
extern const Recipe kUnpackHigh;      ///< a2 b2 a3 b3
extern const Recipe kUnpackLowPairs;  ///< a0 a1 b0 b1
extern const Recipe kUnpackHighPairs;  ///< a2 a3 b2 b3
extern const Recipe kShiftChunks;  ///< dst = arg 0 `low` chunks (of `high` samples) later; element 0 of arg 1 enters
extern const Recipe kShiftRow;     ///< dst = the last element of arg 1, then all but the last of arg 0
extern const Recipe kLastLane;     ///< dst = index of the last lane that holds a frame of the call, in all lanes
extern const Recipe kSpreadLane;   ///< dst = element (arg 1) of arg 0 in all lanes
extern const Recipe kSpreadLast;   ///< dst = the last element of arg 0 in all lanes
extern const Recipe kCarry;        ///< state at pointer + offset, or its register, = element 0 of arg 0, in all lanes
extern const Recipe kStoreSpread;  ///< row at pointer, element second index · 1: arg 0, then `low` − 1 zeros

}  // namespace sinter::jit
