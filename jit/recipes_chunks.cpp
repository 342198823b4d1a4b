// What loops over chunks add: shuffles between lanes, states that pass from vector to vector, and delay lines by the
// vector.
#include "emitter.hpp"
#include "recipe.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::jit {
namespace {

void binary(Emitter& e, const Recipe& r, const Operands& o) { e.three(r.ids, o.dst, o.arg[0], o.arg[1]); }

// Pairs could not be spread from one element in memory.
constexpr Recipe shuffle(const Ids& ids, bool pairs = false) {
  constexpr uint8_t second = 2, none = 0;
  const uint8_t fold = pairs ? none : second;
  return shaped({.emit = {binary, binary, binary}, .ids = ids}, {.fold = {fold, fold, fold}, .tied_sse = true});
}

// Indices by which lane x finds the chunk `later` before its own, `outside` where there is none.
struct Sources {
  uint32_t lane[16];
  Sources(uint32_t width, uint32_t samples, uint32_t later, uint32_t outside) {
    for (uint32_t x = 0; x < width; ++x) {
      lane[x] = outside;
      for (uint32_t y = 0; y < width; ++y)
        if (chunk_in_lane(y, width, samples) + later == chunk_in_lane(x, width, samples)) lane[x] = y;
    }
  }
};

bool is_zero_filled(const Operands& o) { return o.second != 0; }

// With four samples a lane, chunks W/4 apart are neighbours within 128 bits.
uint32_t steps_within_128(const Emitter& e, const Operands& o) {
  const uint32_t quarter = e.mode.isa->width / 4;
  return o.high == 4 && o.low % quarter == 0 ? o.low / quarter : 0;
}

void shift_sse(Emitter& e, const Recipe&, const Operands& o) {
  if (o.low == 2 && !is_zero_filled(o)) {
    e.move(o.dst, o.arg[1]);
    e.a.movlhps(o.dst.xmm(), o.reg(0).xmm());
    return;
  }
  e.move(o.dst, o.arg[0]);
  e.a.pslldq(o.dst.xmm(), static_cast<int32_t>(o.low * 4));
  if (!is_zero_filled(o)) e.a.movss(o.dst.xmm(), o.reg(1).xmm());
}

void shift_avx2(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Ymm dst = o.dst.ymm(), from = o.reg(0).ymm(), fill = o.reg(1).ymm(), t = o.temp[0].ymm();
  if (const uint32_t within = steps_within_128(e, o); within && is_zero_filled(o)) {
    e.a.vpslldq(dst, from, static_cast<int32_t>(within * 4));
  } else if (o.high == 1 && o.low == 4) {
    e.a.vperm2f128(dst, fill, from, 0x20);
  } else if (o.high == 1) {
    e.a.vperm2f128(t, fill, from, 0x20);  // fill below the lower half
    e.a.vpalignr(dst, from, t, static_cast<int32_t>(16 - o.low * 4));
  } else {
    const Sources sources(8, o.high, o.low, 8);
    int32_t outside = 0;
    for (uint32_t x = 0; x < 8; ++x) outside |= (sources.lane[x] == 8) << x;
    e.a.emit(I::kIdVmovaps, dst, e.wide({sources.lane, 8}));
    e.a.vpermps(dst, dst, from);
    e.a.vblendps(dst, dst, fill, outside);
  }
}

void shift_avx512(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Zmm dst = o.dst.zmm(), from = o.reg(0).zmm(), fill = o.reg(1).zmm();
  if (const uint32_t within = steps_within_128(e, o); within && is_zero_filled(o)) {
    e.a.vpslldq(dst, from, static_cast<int32_t>(within * 4));
  } else if (o.high == 1) {
    e.a.valignd(dst, from, fill, static_cast<int32_t>(16 - o.low));
  } else {
    const Sources sources(16, o.high, o.low, 16);
    e.a.emit(I::kIdVmovaps, dst, e.wide({sources.lane, 16}));
    e.a.vpermi2ps(dst, from, fill);
  }
}

// With what is between the vectors in the middle, per 128 bits.
void shift_row_sse(Emitter& e, const Recipe&, const Operands& o) {
  e.move(o.dst, o.arg[1]);
  e.a.shufps(o.dst.xmm(), o.reg(0).xmm(), 0x0f);
  e.a.shufps(o.dst.xmm(), o.reg(0).xmm(), 0x98);
}
void shift_row_avx2(Emitter& e, const Recipe&, const Operands& o) {
  e.a.vperm2f128(o.dst.ymm(), o.reg(1).ymm(), o.reg(0).ymm(), 0x21);
  e.a.vpalignr(o.dst.ymm(), o.reg(0).ymm(), o.dst.ymm(), 12);
}
void shift_row_avx512(Emitter& e, const Recipe&, const Operands& o) {
  e.a.valignd(o.dst.zmm(), o.reg(0).zmm(), o.reg(1).zmm(), 15);
}

// min(frames of the call − first frame of the vector, W) − 1
void last_lane(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpd left = abi::kScratch2.r32(), most = abi::kScratch3.r32();
  e.a.mov(left, x86::dword_ptr(x86::rsp, frame::kTotal));
  e.a.sub(left, abi::kTime.r32());
  e.a.mov(most, e.mode.isa->width);
  e.a.cmp(left, most);
  e.a.cmova(left, most);
  e.a.dec(left);
  e.spread(o.dst, left);
}

void spread_lane_sse(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpd at = abi::kScratch2.r32();
  e.a.movd(at, o.reg(1).xmm());
  e.store_aligned(x86::ptr(x86::rsp, frame::kGather), o.reg(0));
  e.a.movss(o.dst.xmm(), x86::ptr(x86::rsp, at.r64(), 2, frame::kGather));
  e.a.shufps(o.dst.xmm(), o.dst.xmm(), 0);
}
void spread_lane_vex(Emitter& e, const Recipe&, const Operands& o) {
  e.a.emit(I::kIdVpermps, o.dst, o.arg[1], o.arg[0]);
}

void spread_last(Emitter& e, const Recipe&, const Operands& o) {
  if (!e.mode.isa->vex()) {
    e.move(o.dst, o.arg[0]);
    e.a.shufps(o.dst.xmm(), o.dst.xmm(), 0xff);
    return;
  }
  const uint32_t width = e.mode.isa->width;
  uint32_t last[16];
  for (uint32_t x = 0; x < width; ++x) last[x] = width - 1;
  e.a.emit(I::kIdVmovaps, o.dst, e.wide({last, width}));
  e.a.emit(I::kIdVpermps, o.dst, o.dst, o.arg[0]);
}

void carry(Emitter& e, const Recipe&, const Operands& o) {
  const uint8_t pinned = e.pinned_state[o.second];
  if (pinned != kNoRegister) return e.move(e.vec(pinned), o.arg[0]);
  e.two({I::kIdMovss, I::kIdVmovss}, x86::ptr(e.pointer(o.pointer), o.offset), o.reg(0).xmm());
}

// Position of a vector's first element in its ring less `delay`, in kScratch2.
x86::Gpd ring_position(Emitter& e, const Operands& o, uint32_t delay = 0) {
  const x86::Gpq number = e.pointer(o.second);
  const x86::Gpd at = abi::kScratch2.r32();
  e.a.lea(at, x86::ptr(number, abi::kTime, 0, static_cast<int32_t>((o.row + o.copy) * e.mode.width() - delay)));
  return at;
}

// A vector that runs over the ring's end goes element by element through the stack frame. `position` is in kScratch2.
template <class Whole, class Before, class After>
void by_vector(Emitter& e, const Operands& o, const x86::Xmm& element, bool to_ring, Whole&& whole, Before&& before,
               After&& after) {
  x86::Assembler& a = e.a;
  const x86::Gpd at = abi::kScratch2.r32();
  const auto width = static_cast<int32_t>(e.mode.isa->width);
  a.and_(at, asmjit::imm(o.high));
  const x86::Gpq ring = e.pointer(o.pointer);
  const asmjit::Label split = a.newLabel(), again = a.newLabel(), done = a.newLabel();
  a.cmp(at, static_cast<int32_t>(o.high) + 1 - width);
  a.ja(split);
  whole(x86::ptr(ring, at.r64(), 2));
  a.jmp(done);
  a.bind(split);
  before();
  const x86::Gpq i = abi::kScratch3;
  const Ids move{I::kIdMovss, I::kIdVmovss};
  const x86::Mem in_ring = x86::dword_ptr(ring, at.r64(), 2), in_frame = x86::dword_ptr(x86::rsp, i, 2, frame::kGather);
  a.xor_(i.r32(), i.r32());
  a.bind(again);
  e.two(move, element, to_ring ? in_frame : in_ring);
  e.two(move, to_ring ? in_ring : in_frame, element);
  a.inc(at);
  a.and_(at, asmjit::imm(o.high));
  a.inc(i.r32());
  a.cmp(i.r32(), width);
  a.jb(again);
  after();
  a.bind(done);
}

x86::Mem gather_area() { return x86::ptr(x86::rsp, frame::kGather); }

void ring_store(Emitter& e, const Recipe&, const Operands& o) {
  ring_position(e, o);
  by_vector(
      e, o, o.temp[0].xmm(), true, [&](const x86::Mem& at) { e.store(at, o.reg(0)); },
      [&] { e.store_aligned(gather_area(), o.reg(0)); }, [] {});
}

void load_vector(Emitter& e, const Operands& o) {
  by_vector(
      e, o, o.dst.xmm(), false, [&](const x86::Mem& at) { e.load(o.dst, at); }, [] {},
      [&] { e.load_aligned(o.dst, gather_area()); });
}

void ring_load(Emitter& e, const Recipe&, const Operands& o) {
  ring_position(e, o, o.low);
  load_vector(e, o);
}

// One delay for all lanes.
void ring_load_at(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpd at = ring_position(e, o), delay = abi::kScratch3.r32();
  e.two({I::kIdMovd, I::kIdVmovd}, delay, o.reg(0).xmm());
  e.clamp(delay, static_cast<int32_t>(o.low), o.offset);
  e.a.sub(at, delay);
  load_vector(e, o);
}

// Element by element where the instruction set has no gather.
void ring_gather_sse(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Gpd at = abi::kScratch2.r32();
  e.store_aligned(gather_area(), o.reg(0));
  e.store_aligned(x86::ptr(x86::rsp, frame::kGather + 16), o.reg(1));
  for (int32_t lane = 0; lane < 4; ++lane) {
    const x86::Gpd delay = abi::kScratch3.r32();
    e.a.mov(delay, x86::dword_ptr(x86::rsp, frame::kGather + lane * 4));
    e.clamp(delay, static_cast<int32_t>(o.low), o.offset);
    e.a.mov(at, x86::dword_ptr(x86::rsp, frame::kGather + 16 + lane * 4));
    e.a.sub(at, delay);
    e.a.and_(at, asmjit::imm(o.high));
    e.a.mov(at, x86::dword_ptr(e.pointer(o.pointer), at.r64(), 2));
    e.a.mov(x86::dword_ptr(x86::rsp, frame::kGather + lane * 4), at);
  }
  e.load_aligned(o.dst, gather_area());
}

void ring_gather_vex(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Vec at = o.temp[0], all = o.temp[1];
  const auto literal = [&](uint32_t bits) { return e.literal(bits); };
  e.a.emit(I::kIdVmovaps, at, o.arg[0]);
  e.a.emit(I::kIdVpmaxsd, at, at, literal(o.low));
  e.a.emit(I::kIdVpminsd, at, at, literal(static_cast<uint32_t>(o.offset)));
  e.a.emit(I::kIdVpsubd, at, o.arg[1], at);
  e.three({0, e.mode.isa->evex() ? I::kIdVpandd : I::kIdVpand}, at, at, literal(o.high));
  x86::Mem from = x86::ptr(e.pointer(o.pointer));
  from.setIndex(at, 2);
  e.gather(o.dst, from, all);
}

constexpr Recipe kUnpackLowRecipe = shuffle({I::kIdUnpcklps, I::kIdVunpcklps}),
                 kUnpackHighRecipe = shuffle({I::kIdUnpckhps, I::kIdVunpckhps}),
                 kUnpackLowPairsRecipe = shuffle({I::kIdUnpcklpd, I::kIdVunpcklpd}, true),
                 kUnpackHighPairsRecipe = shuffle({I::kIdUnpckhpd, I::kIdVunpckhpd}, true),
                 kShiftChunksRecipe = shaped({.emit = {shift_sse, shift_avx2, shift_avx512}},
                                             {.temps = {0, 1, 0}, .early = {true, true, true}}),
                 kShiftRowRecipe = shaped({.emit = {shift_row_sse, shift_row_avx2, shift_row_avx512}},
                                          {.early = {true, true, false}}),
                 kLastLaneRecipe = same(last_lane),
                 kSpreadLaneRecipe = shaped({.emit = {spread_lane_sse, spread_lane_vex, spread_lane_vex}}, {}),
                 kSpreadLastRecipe = same(spread_last, {.early = {true, true, true}}), kCarryRecipe = same(carry),
                 kRingStoreRecipe = same(ring_store, {.temps = {1, 1, 1}}), kRingLoadRecipe = same(ring_load),
                 kRingLoadAtRecipe = same(ring_load_at),
                 kRingGatherRecipe = shaped({.emit = {ring_gather_sse, ring_gather_vex, ring_gather_vex}},
                                            {.temps = {0, 2, 2}, .early = {true, true, true}});

}  // namespace

const Recipe kUnpackLow = kUnpackLowRecipe;
const Recipe kUnpackHigh = kUnpackHighRecipe;
const Recipe kUnpackLowPairs = kUnpackLowPairsRecipe;
const Recipe kUnpackHighPairs = kUnpackHighPairsRecipe;
const Recipe kShiftChunks = kShiftChunksRecipe;
const Recipe kShiftRow = kShiftRowRecipe;
const Recipe kLastLane = kLastLaneRecipe;
const Recipe kSpreadLane = kSpreadLaneRecipe;
const Recipe kSpreadLast = kSpreadLastRecipe;
const Recipe kCarry = kCarryRecipe;
const Recipe kRingStore = kRingStoreRecipe;
const Recipe kRingLoad = kRingLoadRecipe;
const Recipe kRingLoadAt = kRingLoadAtRecipe;
const Recipe kRingGather = kRingGatherRecipe;

}  // namespace sinter::jit
