// Sums of rows: row p of the result is ((x[p] + x[p + w]) + x[p + 2w]) …, with a loop over rows, so that code does not
// grow with the number of lanes.
#include <cstddef>

#include "loops.hpp"
#include "sinter/engine/program.hpp"

namespace sinter::jit {

/// Where the rows are. Pointer 0 is what they start from; row r of copies 0 … lies at kScratch2 = r.
struct Loops::FoldSource {
  PlaceKind kind{};
  int32_t offset = 0;
  int32_t slope = 0;       ///< ramps: offset of the slopes; `offset` is that of the starts
  uint32_t cell_base = 0;  ///< ramps: the pointer
  int32_t row_stride = 0;  ///< buffers: bytes from row to row
  int32_t rows = 0, step = 0;
};

namespace {

constexpr Ids kAdd{I::kIdAddps, I::kIdVaddps}, kMul{I::kIdMulps, I::kIdVmulps};
constexpr uint32_t kCopies = 4;
// Vector registers: sums, then float(k) of ramps, then what is read.
constexpr uint32_t kTimes = kCopies, kRead = 2 * kCopies, kTerm = 2 * kCopies + 1;

}  // namespace

// Sum of each copy becomes, or grows by, row kScratch2.
void Loops::fold_row(const FoldSource& s, uint32_t copies, bool first) {
  const x86::Gpq base = e_.pointer(0), r = abi::kScratch2;
  const bool element = s.kind == PlaceKind::control || s.kind == PlaceKind::ramp;
  if (s.kind == PlaceKind::buffer) {
    a_.imul(abi::kScratch3, r, s.row_stride);
    a_.add(abi::kScratch3, base);
  } else if (!element) {
    a_.mov(abi::kScratch3, x86::ptr(base, r, 3, s.offset * 8));
  }
  if (element) e_.spread(e_.vec(kRead), x86::ptr(base, r, 2, s.offset));
  if (s.kind == PlaceKind::ramp) e_.spread(e_.vec(kTerm), x86::ptr(base, r, 2, s.slope));
  for (uint32_t c = 0; c < copies; ++c) {
    const x86::Vec sum = e_.vec(c), read = e_.vec(kRead), product = e_.vec(kTerm + 1);
    if (!element) {
      const int32_t at = static_cast<int32_t>(c * e_.mode.width() * 4) + (s.kind == PlaceKind::buffer ? s.offset : 0);
      e_.load(first ? sum : read, x86::ptr(abi::kScratch3, abi::kTime, 2, at));
      if (!first) e_.three(kAdd, sum, sum, read);
      continue;
    }
    if (s.kind == PlaceKind::ramp) {
      e_.three(kMul, product, e_.vec(kTimes + c), e_.vec(kTerm));
      e_.three(kAdd, product, product, read);
    } else {
      e_.move(product, read);
    }
    if (first) e_.move(sum, product);
    else e_.three(kAdd, sum, sum, product);
  }
}

void Loops::fold_frames(const FoldSource& s, const std::vector<Store>& stores, uint32_t copies) {
  for (uint32_t c = 0; s.kind == PlaceKind::ramp && c < copies; ++c) {
    a_.lea(abi::kScratch2.r32(),
           x86::ptr(e_.pointer(s.cell_base), abi::kTime, 0, static_cast<int32_t>(c * e_.mode.width())));
    const x86::Vec times = e_.vec(kTimes + c);
    e_.spread(times, abi::kScratch2.r32());
    if (!e_.mode.scalar) e_.three({I::kIdPaddd, I::kIdVpaddd}, times, times, e_.iota());
    e_.two({I::kIdCvtdq2ps, I::kIdVcvtdq2ps}, times, times);
  }
  const asmjit::Label again = a_.newLabel(), done = a_.newLabel();
  if (s.step > 1) a_.mov(abi::kScratch2, e_.lane_slot());
  else a_.xor_(abi::kScratch2.r32(), abi::kScratch2.r32());
  fold_row(s, copies, true);
  a_.bind(again);
  a_.add(abi::kScratch2, s.step);
  a_.cmp(abi::kScratch2, s.rows);
  a_.jae(done);
  fold_row(s, copies, false);
  a_.jmp(again);
  a_.bind(done);
  for (uint32_t i = 0; i < stores.size(); ++i)
    for (uint32_t c = 0; c < copies; ++c)
      e_.store(e_.row(2 + i, stores[i].kind == Store::buffer ? static_cast<int32_t>(stores[i].offset) : 0, c),
               e_.vec(c));
}

void Loops::fold(const Ir& ir, const Plan& plan, const Step& step, bool single) {
  const Inst& inst = ir[step.body[0]];
  const Inst& from = ir[inst.arg[0]];
  const ValuePlace place = plan.places[inst.arg[0].index];
  e_.at(step.body[0].index);
  e_.mode.scalar = single;
  FoldSource s{.kind = place.kind, .offset = static_cast<int32_t>(place.offset), .cell_base = 1};
  s.row_stride = static_cast<int32_t>(row_bytes(from.clock));
  s.rows = static_cast<int32_t>(from.lanes);
  s.step = static_cast<int32_t>(inst.lanes);
  Pointer base{.kind = Pointer::controls, .uses = 1000};
  if (place.kind == PlaceKind::buffer) base.kind = Pointer::buffers;
  if (place.kind == PlaceKind::input) base.kind = Pointer::input_list;
  if (place.kind == PlaceKind::rows) base.kind = Pointer::row_list;
  if (place.kind == PlaceKind::ramp) {
    s.offset = static_cast<int32_t>(plan.layout.ramps[place.offset].start);
    s.slope = static_cast<int32_t>(plan.layout.ramps[place.offset].slope);
  }
  std::vector<Pointer> pointers = {base, {.kind = Pointer::cell_base, .index = inst.clock, .uses = 999}};
  for (const Store& store : step.stores)
    pointers.push_back({.kind = store.kind == Store::buffer ? Pointer::buffers : Pointer::output,
                        .per_lane = true,
                        .index = store.offset,
                        .stride = row_bytes(inst.clock),
                        .uses = 1});
  e_.set_pointers(std::move(pointers), inst.lanes);
  e_.load_pointers(false);
  each_lane(inst.lanes, [&] {
    if (single) return fold_frames(s, step.stores, 1);
    const int32_t width = static_cast<int32_t>(e_.mode.width());
    const auto loop = [&](uint32_t copies) {
      const asmjit::Label again = a_.newLabel(), done = a_.newLabel();
      const int32_t group = width * static_cast<int32_t>(copies);
      frames_into_limit(inst.clock);
      a_.add(abi::kLimit, width - 1);
      a_.and_(abi::kLimit, -width);
      if (copies > 1) a_.and_(abi::kLimit, -group);
      a_.bind(again);
      a_.cmp(abi::kTime, abi::kLimit);
      a_.jae(done);
      fold_frames(s, step.stores, copies);
      a_.add(abi::kTime, group);
      a_.jmp(again);
      a_.bind(done);
    };
    a_.xor_(abi::kTime.r32(), abi::kTime.r32());
    loop(kCopies);
    loop(1);
  });
  leave();
}

}  // namespace sinter::jit
