// Sums over lanes leave their loop: as a row per lane, or added up to one row, four samples at a time.
#include <algorithm>

#include "loops.hpp"

namespace sinter::jit {
namespace {

constexpr Ids kAdd{I::kIdAddps, I::kIdVaddps}, kFour{I::kIdMovups, I::kIdVmovups};
constexpr uint32_t kSummed = 16;  // lanes

}  // namespace

void Loops::clear_sums(const Body& body) {
  if (!body.lane_rows.sums) return;
  e_.move(e_.vec(0), e_.wide(std::vector<uint32_t>(e_.mode.width(), 0x80000000u)));
  each_tile_frame(1, [&] {
    for (uint32_t at = 0; at < body.lane_rows.sums * 4; at += e_.mode.bytes())
      e_.store_aligned(x86::ptr(abi::kTile, lane_memory_.sums + static_cast<int32_t>(at)), e_.vec(0));
  });
}

// Sums that begin at `first` of all sums, four samples of them, in registers 0 … 3.
void Loops::load_sums(uint32_t first) {
  for (uint32_t s = 0; s < 4; ++s) {
    const int32_t at = lane_memory_.sums + static_cast<int32_t>(s) * lane_memory_.record;
    e_.load_aligned(e_.vec(s), x86::ptr(abi::kTile, at + static_cast<int32_t>(first * 4)));
  }
}

// dst: elements 0 and 2 (even) or 1 and 3 of each 128 bits, those of x before those of y.
void Loops::every_second(uint32_t dst, uint32_t x, uint32_t y, bool even) {
  const asmjit::Imm which(even ? 0x88 : 0xdd);
  if (e_.mode.isa->vex()) return void(a_.emit(I::kIdVshufps, e_.vec(dst), e_.vec(x), e_.vec(y), which));
  e_.move(e_.vec(dst), e_.vec(x));
  a_.emit(I::kIdShufps, e_.vec(dst), e_.vec(y), which);
}

// Registers 0 … 3, a sample of some lanes each: element s of register 0 becomes the sum of sample s, neighbours first.
// Uses 4 and 5.
void Loops::add_neighbours() {
  const auto pairs = [&](uint32_t dst, uint32_t x, uint32_t y) {
    every_second(dst, x, y, true);
    every_second(x, x, y, false);
    e_.three(kAdd, e_.vec(dst), e_.vec(dst), e_.vec(x));
  };
  pairs(4, 0, 1);
  pairs(5, 2, 3);
  pairs(0, 4, 5);
  const uint32_t extract = e_.mode.isa->evex() ? I::kIdVextractf32x4 : I::kIdVextractf128;
  const x86::Xmm low = x86::xmm(0), high = x86::xmm(1);
  if (e_.mode.width() == 16) {
    // Quarters 1 and 3 beside 0 and 2, then the third beside the first.
    a_.emit(I::kIdVshuff32x4, x86::zmm(1), x86::zmm(0), x86::zmm(0), asmjit::imm(0xb1));
    a_.vaddps(x86::zmm(0), x86::zmm(0), x86::zmm(1));
    a_.emit(extract, high, x86::zmm(0), asmjit::imm(2));
    a_.vaddps(low, low, high);
  } else if (e_.mode.width() == 8) {
    a_.emit(extract, high, x86::ymm(0), asmjit::imm(1));
    a_.vaddps(low, low, high);
  }
}

// Uses registers 0 … 7. Parts of a sum meet as in a tree: each waits for its neighbour.
void Loops::store_whole_sum(const LaneRows::Fold& fold) {
  const uint32_t width = e_.mode.width(), parts = kSummed / width;
  for (uint32_t part = 0; part < parts; ++part) {
    load_sums(fold.first + part * width);
    add_neighbours();
    if (part % 2) e_.three(kAdd, x86::xmm(0), x86::xmm(0), x86::xmm(part / 2 + 6));
    if (part + 1 < parts) e_.move(x86::xmm(part / 2 + 6), x86::xmm(0));
  }
  if (parts == 4) e_.three(kAdd, x86::xmm(0), x86::xmm(0), x86::xmm(6));
  for (const LaneRows::Rows& rows : fold.outs) e_.two(kFour, lane_row(rows, 0), x86::xmm(0));
}

void Loops::empty_sums(const Body& body) {
  const std::vector<LaneRows::Fold>& folds = body.lane_rows.folds;
  if (std::all_of(folds.begin(), folds.end(), [](const LaneRows::Fold& fold) { return fold.outs.empty(); })) return;
  const uint32_t width = e_.mode.width();
  each_tile_frame(4, [&] {
    for (const LaneRows::Fold& fold : folds) {
      if (fold.outs.empty()) continue;
      if (fold.whole) {
        store_whole_sum(fold);
        continue;
      }
      for (uint32_t first = 0; first < fold.lanes; first += width) {
        load_sums(fold.first + first);
        transpose_lanes();
        for (const LaneRows::Rows& rows : fold.outs) store_transposed(rows, first, width);
      }
    }
  });
}

}  // namespace sinter::jit
