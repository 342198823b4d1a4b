// Rows of many lanes become vectors over lanes and back: transposes of 4 × 4 within 128 bits, 4 samples at a time.
//
// Register k of a transpose holds in its 128-bit part j four samples of lane 4 j + k; afterwards register s holds
// sample s of all lanes in order, and the other way round.
#include "loops.hpp"

namespace sinter::jit {
namespace {

constexpr Ids kLow{I::kIdUnpcklps, I::kIdVunpcklps}, kHigh{I::kIdUnpckhps, I::kIdVunpckhps};
constexpr Ids kLowPairs{I::kIdUnpcklpd, I::kIdVunpcklpd}, kHighPairs{I::kIdUnpckhpd, I::kIdVunpckhpd};
constexpr Ids kFour{I::kIdMovups, I::kIdVmovups};

}  // namespace

// Registers 0 … 3 in place; 4 … 7 are overwritten. Pinned values have higher ones.
void Loops::transpose_lanes() {
  const auto v = [&](uint32_t id) { return e_.vec(id); };
  e_.three(kLow, v(4), v(0), v(1));
  e_.three(kHigh, v(5), v(0), v(1));
  e_.three(kLow, v(6), v(2), v(3));
  e_.three(kHigh, v(7), v(2), v(3));
  e_.three(kLowPairs, v(0), v(4), v(6));
  e_.three(kHighPairs, v(1), v(4), v(6));
  e_.three(kLowPairs, v(2), v(5), v(7));
  e_.three(kHighPairs, v(3), v(5), v(7));
}

// The frame in kTime of a lane's row. Uses kScratch, kScratch2.
x86::Mem Loops::lane_row(const LaneRows::Rows& rows, uint32_t lane) {
  const int32_t at = rows.offset + static_cast<int32_t>(lane) * rows.stride;
  const x86::Gpq base = e_.pointer(rows.pointer);
  if (!rows.list) return x86::ptr(base, abi::kTime, 2, at);
  a_.mov(abi::kScratch2, x86::ptr(base, at));
  return x86::ptr(abi::kScratch2, abi::kTime, 2);
}

// Lanes beyond the last read the last lane's row.
void Loops::fill_tiles(const Body& body) {
  if (body.lane_rows.ins.empty()) return;
  const uint32_t width = e_.mode.width();
  each_tile_frame(4, [&] {
    for (const LaneRows::Rows& rows : body.lane_rows.ins) {
      for (uint32_t c = 0; c < e_.group.copies; ++c) {
        const auto row = [&](uint32_t lane) { return lane_row(rows, std::min(c * width + lane, e_.group.lanes - 1)); };
        for (uint32_t k = 0; k < 4; ++k) {
          e_.two(kFour, x86::xmm(k), row(k));
          for (uint32_t j = 1; j < width / 4; ++j) {
            const uint32_t insert = e_.mode.isa->evex() ? I::kIdVinsertf32x4 : I::kIdVinsertf128;
            a_.emit(insert, e_.vec(k), e_.vec(k), row(4 * j + k), asmjit::imm(j));
          }
        }
        transpose_lanes();
        for (uint32_t s = 0; s < 4; ++s)
          e_.store_aligned(e_.tile(rows.tile, c, static_cast<int32_t>(s) * lane_memory_.record), e_.vec(s));
      }
    }
  });
}

// Registers 0 … 3, transposed, to the rows of `lanes` lanes from `first`.
void Loops::store_transposed(const LaneRows::Rows& rows, uint32_t first, uint32_t lanes) {
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    const uint32_t k = lane % 4, j = lane / 4;
    const x86::Mem to = lane_row(rows, first + lane);
    if (j == 0) e_.two(kFour, to, x86::xmm(k));
    else a_.emit(e_.mode.isa->evex() ? I::kIdVextractf32x4 : I::kIdVextractf128, to, e_.vec(k), asmjit::imm(j));
  }
}

// Rows of lanes that do not exist are nobody's, and stay as they are.
void Loops::empty_tiles(const Body& body) {
  const std::vector<LaneRows::Rows>& outs = body.lane_rows.outs;
  if (outs.empty()) return;
  const uint32_t width = e_.mode.width();
  each_tile_frame(4, [&] {
    for (size_t i = 0; i < outs.size(); ++i) {
      for (uint32_t c = 0; c < e_.group.copies; ++c) {
        for (uint32_t s = 0; s < 4; ++s)
          e_.load_aligned(e_.vec(s), e_.tile(outs[i].tile, c, static_cast<int32_t>(s) * lane_memory_.record));
        transpose_lanes();
        store_transposed(outs[i], c * width, e_.group.lanes_of(c, width));
      }
    }
  });
}

}  // namespace sinter::jit
