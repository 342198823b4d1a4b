// What bodies of lanes steps do besides: tiles, sums over lanes, tables of their own. A vector is one sample of W
// lanes.
#include <algorithm>

#include "emitter.hpp"
#include "recipe.hpp"

namespace sinter::jit {
namespace {

constexpr Ids kAdd{I::kIdAddps, I::kIdVaddps}, kAnd{I::kIdAndps, I::kIdVandps}, kOr{I::kIdOrps, I::kIdVorps};

void store_tile(Emitter& e, const Recipe&, const Operands& o) { e.store_aligned(e.tile(o.low, o.copy), o.reg(0)); }

// The copy's place among the frame's sums of a fold of `lanes` lanes. Where it moves, `slot` holds the place of copy 0.
x86::Mem sum_of(Emitter& e, uint32_t copy, uint32_t lanes, uint32_t slot, int32_t offset) {
  const uint32_t width = e.mode.width(), first = e.group.first + copy * width;
  const int32_t at = e.group.sums + offset;
  if (!e.group.moves || e.group.copies * width % lanes == 0)
    return x86::ptr(abi::kTile, at + static_cast<int32_t>(first % lanes * 4));
  e.a.mov(abi::kScratch, x86::qword_ptr(abi::kSecond, e.group.sum_slots + static_cast<int32_t>(slot * 8)));
  return x86::ptr(abi::kTile, abi::kScratch, 0, at + static_cast<int32_t>(copy * width * 4));
}

// Sums begin as -0, to which adding anything gives that thing, so lanes that do not exist add -0 too.
void fold_lanes(Emitter& e, const Recipe&, const Operands& o) {
  const uint32_t width = e.mode.width(), real = e.group.lanes_of(o.copy, width);
  const x86::Vec& t = o.temp[0];
  x86::Vec term = o.reg(0);
  if (real < width) {
    std::vector<uint32_t> nothing(width, 0x80000000u);
    std::fill_n(nothing.begin(), real, 0u);
    e.three(kAnd, t, term, e.lanes_below(real));
    e.three(kOr, t, t, e.wide(nothing));
    term = t;
  }
  const x86::Mem sum = sum_of(e, o.copy, o.high, o.low, o.offset);
  if (e.group.alone && o.copy * width < o.high) return e.store_aligned(sum, term);
  e.three(kAdd, t, term, sum);
  e.store_aligned(sum, t);
}

// Lane by lane: those beyond the last would write elements of others.
void table_set_lanes(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpd at = abi::kScratch2.r32(), value = abi::kScratch3.r32();
  e.store_aligned(x86::ptr(x86::rsp, frame::kGather), o.reg(0));
  e.store_aligned(x86::ptr(x86::rsp, frame::kScatter), o.reg(1));
  for (uint32_t lane = 0; lane < e.group.lanes_of(o.copy, e.mode.width()); ++lane) {
    const int32_t element = static_cast<int32_t>(lane * 4);
    e.a.mov(at, x86::dword_ptr(x86::rsp, frame::kGather + element));
    e.clamp(at, 0, static_cast<int32_t>(o.high));
    const x86::Gpq table = e.pointer(o.pointer);
    e.a.mov(value, x86::dword_ptr(x86::rsp, frame::kScatter + element));
    e.a.mov(x86::dword_ptr(table, at.r64(), 2), value);
  }
}

constexpr Recipe kStoreTileRecipe = same(store_tile), kFoldLanesRecipe = same(fold_lanes, {.temps = {1, 1, 1}}),
                 kTableSetLanesRecipe = same(table_set_lanes);

}  // namespace

const Recipe kStoreTile = kStoreTileRecipe;
const Recipe kFoldLanes = kFoldLanesRecipe;
const Recipe kTableSetLanes = kTableSetLanesRecipe;

}  // namespace sinter::jit
