// What steps add to the ops of the table: rows, states, delay lines, tables and probes. Every index is clamped here.
#include "emitter.hpp"
#include "recipe.hpp"

namespace sinter::jit {
namespace {

void copy(Emitter& e, const Recipe&, const Operands& o) { e.move(o.dst, o.arg[0]); }

// The number at a pointer's place plus the local frame, in kScratch2.
x86::Gpd position(Emitter& e, uint32_t base, int32_t offset) {
  const x86::Gpq number = e.pointer(base);
  e.a.lea(abi::kScratch2.r32(), x86::ptr(number, abi::kTime, 0, offset));
  return abi::kScratch2.r32();
}

void index(Emitter& e, const Recipe&, const Operands& o) {
  e.spread(o.dst, position(e, o.pointer, static_cast<int32_t>(o.copy * o.low)));
}

void store(Emitter& e, const Recipe&, const Operands& o) { e.store(e.row(o.pointer, o.offset, o.copy), o.reg(0)); }

void next(Emitter& e, const Recipe&, const Operands& o) {
  const uint8_t pinned = e.pinned_state[o.copy * e.states + o.second];
  if (pinned != kNoRegister) return e.move(e.vec(pinned), o.arg[0]);
  e.store(x86::ptr(e.pointer(o.pointer), o.offset + static_cast<int32_t>(o.copy * e.mode.width() * 4)), o.reg(0));
}

void push(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpd at = position(e, o.second, 0);
  e.a.and_(at, asmjit::imm(o.high));
  e.store(x86::ptr(e.pointer(o.pointer), at.r64(), 2), o.reg(0));
}

void load_ring(Emitter& e, const Operands& o, const x86::Gpd& at) {
  e.a.and_(at, asmjit::imm(o.high));
  e.load(o.dst, x86::ptr(e.pointer(o.pointer), at.r64(), 2));
}

void tap(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpd delay = abi::kScratch3.r32();
  e.two({I::kIdMovd, I::kIdVmovd}, delay, o.reg(0).xmm());
  e.clamp(delay, static_cast<int32_t>(o.low), o.offset);
  const x86::Gpd at = position(e, o.second, 0);
  e.a.sub(at, delay);
  load_ring(e, o, at);
}

void tap_fixed(Emitter& e, const Recipe&, const Operands& o) {
  load_ring(e, o, position(e, o.second, -static_cast<int32_t>(o.low)));
}

// An element's address from an index in a vector register.
x86::Mem table_element(Emitter& e, const Operands& o) {
  const x86::Gpd at = abi::kScratch2.r32();
  e.two({I::kIdMovd, I::kIdVmovd}, at, o.reg(0).xmm());
  e.clamp(at, 0, static_cast<int32_t>(o.high));
  return x86::ptr(e.pointer(o.pointer), at.r64(), 2);
}

// SSE2 has neither gather nor signed 32-bit minimum: lane by lane through the stack frame.
void gather_sse(Emitter& e, const Recipe&, const Operands& o) {
  if (e.mode.scalar) return e.load(o.dst, table_element(e, o));
  const x86::Gpd at = abi::kScratch2.r32();
  e.store_aligned(x86::ptr(x86::rsp, frame::kGather), o.reg(0));
  for (int32_t lane = 0; lane < 4; ++lane) {
    const x86::Mem slot = x86::dword_ptr(x86::rsp, frame::kGather + lane * 4);
    e.a.mov(at, slot);
    e.clamp(at, 0, static_cast<int32_t>(o.high));
    e.a.mov(at, x86::dword_ptr(e.pointer(o.pointer), at.r64(), 2));
    e.a.mov(slot, at);
  }
  e.load_aligned(o.dst, x86::ptr(x86::rsp, frame::kGather));
}

void gather_vex(Emitter& e, const Recipe&, const Operands& o) {
  if (e.mode.scalar) return e.load(o.dst, table_element(e, o));
  const x86::Vec at = o.temp[0], all = o.temp[1];
  e.zero(at);
  e.a.emit(I::kIdVpmaxsd, at, at, o.arg[0]);
  e.a.emit(I::kIdVpminsd, at, at, e.literal(o.high));
  x86::Mem from = x86::ptr(e.pointer(o.pointer));
  from.setIndex(at, 2);
  e.gather(o.dst, from, all);
}

void table_set(Emitter& e, const Recipe&, const Operands& o) { e.store(table_element(e, o), o.reg(1)); }

// Whole registers of partial results, added up after the time loop. In serial loops only their first element counts.
void probe(Emitter& e, const Recipe&, const Operands& o) {
  const int32_t at = o.offset + static_cast<int32_t>(o.copy * o.low);
  const x86::Mem peak = x86::ptr(abi::kSecond, at), squares = x86::ptr(abi::kSecond, at + 64);
  const x86::Vec& t = o.temp[0];
  e.three({I::kIdAndps, I::kIdVandps}, t, o.arg[0], e.literal(0x7fffffffu));
  e.three({I::kIdMaxps, I::kIdVmaxps}, t, t, peak);
  e.store_aligned(peak, t);
  e.three({I::kIdMulps, I::kIdVmulps}, t, o.arg[0], o.arg[0]);
  e.three({I::kIdAddps, I::kIdVaddps}, t, t, squares);
  e.store_aligned(squares, t);
}

void store_spread(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpq to = e.pointer(o.pointer);
  e.store(x86::ptr(to, abi::kSecond, 2, o.offset), o.reg(0));
  for (uint32_t i = 1; i < o.low; ++i)
    e.a.mov(x86::dword_ptr(to, abi::kSecond, 2, o.offset + static_cast<int32_t>(i * 4)), 0);
}

constexpr Recipe kCopyRecipe = same(copy), kIndexRecipe = same(index), kStoreRecipe = same(store),
                 kNextRecipe = same(next), kPushRecipe = same(push), kTapRecipe = same(tap),
                 kTapFixedRecipe = same(tap_fixed),
                 kTableGetRecipe = shaped({.emit = {gather_sse, gather_vex, gather_vex}},
                                          {.temps = {0, 2, 2}, .early = {false, true, true}}),
                 kTableSetRecipe = same(table_set), kProbeRecipe = same(probe, {.temps = {1, 1, 1}}),
                 kStoreSpreadRecipe = same(store_spread);

}  // namespace

const Recipe kCopy = kCopyRecipe;
const Recipe kIndex = kIndexRecipe;
const Recipe kStore = kStoreRecipe;
const Recipe kNext = kNextRecipe;
const Recipe kPush = kPushRecipe;
const Recipe kTap = kTapRecipe;
const Recipe kTapFixed = kTapFixedRecipe;
const Recipe kTableGet = kTableGetRecipe;
const Recipe kTableSet = kTableSetRecipe;
const Recipe kProbe = kProbeRecipe;
const Recipe kStoreSpread = kStoreSpreadRecipe;

}  // namespace sinter::jit
