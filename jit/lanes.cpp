// The loop of a lanes step: tiles of frames; in each, groups of lanes in turn; in each, its frames one by one.
//
// Whole calls fit one tile mostly, so that groups keep their states in registers for the whole call. Sums over lanes
// need all groups before they leave the tile, which is why groups are inside.
#include <algorithm>
#include <cstddef>

#include "loops.hpp"
#include "sinter/base/round_up.hpp"
#include "sinter/engine/program.hpp"

namespace sinter::jit {
namespace {

constexpr uint32_t kTileBytes = 16384;  // tiles of one call stay in the first cache

}  // namespace

// Scratch memory: sums of probes, lane numbers, places of sums, large spill areas, tiles.
void Loops::enter_lanes(const Body& body, const std::vector<LaneTurns>& turns) {
  const LaneRows& rows = body.lane_rows;
  const int32_t vector = static_cast<int32_t>(e_.mode.bytes());
  uint32_t copies = 1, slots = 0;
  for (const LaneTurns& t : turns) {
    copies = std::max(copies, t.group.copies);
    slots = std::max(slots, t.copies->allocation.slots);
  }
  const int32_t count = static_cast<int32_t>(copies);
  LaneMemory& m = lane_memory_;
  const int32_t tile_bytes = static_cast<int32_t>(rows.tiles) * count * vector;
  m.sums = tile_bytes;
  m.record = tile_bytes + static_cast<int32_t>(rows.sums * 4);
  m.frames = 16;
  while (m.frames < static_cast<int32_t>(kCellFrames) && m.frames * 2 * m.record <= static_cast<int32_t>(kTileBytes))
    m.frames *= 2;
  int32_t at = static_cast<int32_t>(body.probes.size() * kProbeBytes) * count;
  m.index = at;
  at = round_up(at + count * vector, 64);
  m.sum_slots = at;
  at = round_up(at + static_cast<int32_t>(rows.folds.size() * 8), 64);
  const uint64_t bytes = uint64_t{slots} * e_.mode.bytes();
  slots_in_scratch_ = bytes > frame::kSlotBytes;
  slots_at_ = slots_in_scratch_ ? at : frame::kSlots;
  if (slots_in_scratch_) at = round_up(at + static_cast<int32_t>(bytes), 64);
  else needs_.slot_bytes = std::max(needs_.slot_bytes, static_cast<uint32_t>(bytes));
  m.tiles = at;
  needs_.scratch_bytes =
      std::max(needs_.scratch_bytes, static_cast<uint64_t>(at) + static_cast<uint64_t>(m.record * m.frames));
  e_.set_pointers(body.pointers, turns[0].group.alone ? 1 : body.lanes);
  e_.load_pointers(false);
  a_.mov(abi::kSecond, x86::qword_ptr(abi::kBlock, offsetof(Block, scratch)));
}

void Loops::lanes(const Body& body) {
  e_.mode.scalar = false;
  std::vector<LaneTurns> turns = make_lane_turns(body);
  enter_lanes(body, turns);
  for (LaneTurns& t : turns) {
    t.group.sums = lane_memory_.sums;
    t.group.sum_slots = lane_memory_.sum_slots;
  }
  const asmjit::Label again = a_.newLabel(), done = a_.newLabel();
  frames_into_limit(body.clock);
  a_.mov(x86::qword_ptr(x86::rsp, frame::kTotal), abi::kLimit);
  a_.xor_(abi::kTime.r32(), abi::kTime.r32());
  a_.test(abi::kLimit, abi::kLimit);
  a_.jz(done);
  a_.bind(again);
  a_.mov(x86::qword_ptr(x86::rsp, frame::kMainEnd), abi::kTime);
  a_.lea(abi::kScratch, x86::ptr(abi::kTime, lane_memory_.frames));
  a_.cmp(abi::kScratch, x86::qword_ptr(x86::rsp, frame::kTotal));
  a_.cmova(abi::kScratch, x86::qword_ptr(x86::rsp, frame::kTotal));
  a_.mov(x86::qword_ptr(x86::rsp, frame::kEnd), abi::kScratch);
  if (!turns[0].group.alone) clear_sums(body);
  for (const LaneTurns& t : turns) lane_turns(body, t);
  empty_sums(body);
  a_.mov(abi::kTime, x86::qword_ptr(x86::rsp, frame::kEnd));
  a_.cmp(abi::kTime, x86::qword_ptr(x86::rsp, frame::kTotal));
  a_.jb(again);
  a_.bind(done);
  leave();
}

void Loops::lane_turns(const Body& body, const LaneTurns& turns) {
  const LaneGroup& group = e_.group = turns.group;
  if (group.alone) return run_lanes(body, turns);
  const int32_t lanes = static_cast<int32_t>(group.lanes);
  a_.mov(e_.lane_slot(), static_cast<int32_t>(group.first));
  if (!group.moves) {
    e_.load_pointers(true);
    return run_lanes(body, turns);
  }
  for (size_t f = 0; f < body.lane_rows.folds.size(); ++f)
    a_.mov(x86::qword_ptr(abi::kSecond, lane_memory_.sum_slots + static_cast<int32_t>(f * 8)), 0);
  const asmjit::Label again = a_.newLabel();
  a_.bind(again);
  e_.load_pointers(true);
  run_lanes(body, turns);
  next_sum_slots(body);
  a_.add(e_.lane_slot(), lanes);
  a_.cmp(e_.lane_slot(), lanes * static_cast<int32_t>(turns.count));
  a_.jb(again);
}

// Where the sums of the next group's first lanes are: wherever there are more of them than the group has lanes.
void Loops::next_sum_slots(const Body& body) {
  const std::vector<LaneRows::Fold>& folds = body.lane_rows.folds;
  for (size_t f = 0; f < folds.size(); ++f) {
    if (e_.group.lanes % folds[f].lanes == 0) continue;
    const x86::Mem slot = x86::qword_ptr(abi::kSecond, lane_memory_.sum_slots + static_cast<int32_t>(f * 8));
    const asmjit::Label inside = a_.newLabel();
    a_.add(slot, static_cast<int32_t>(e_.group.lanes * 4));
    a_.cmp(slot, static_cast<int32_t>(folds[f].lanes * 4));
    a_.jb(inside);
    a_.mov(slot, 0);
    a_.bind(inside);
  }
}

void Loops::run_lanes(const Body& body, const LaneTurns& turns) {
  begin_lanes(body, turns);
  fill_tiles(body);
  each_tile_frame(1, [&] { emit(body, *turns.copies); });
  store_lane_states(body);
  add_up_lane_probes(body);
  empty_tiles(body);
}

void Loops::begin_lanes(const Body& body, const LaneTurns& turns) {
  const LaneGroup& group = e_.group;
  lane_index_at_ = lane_memory_.index;
  const bool numbered = std::any_of(body.leaves.begin(), body.leaves.end(),
                                    [](const Leaf& leaf) { return leaf.kind == Leaf::lane_index; });
  for (uint32_t c = 0; numbered && c < group.copies; ++c) {
    const uint32_t width = e_.mode.width();
    std::vector<uint32_t> numbers(width);
    for (uint32_t x = 0; x < width; ++x) numbers[x] = group.first + std::min(c * width + x, group.lanes - 1);
    const x86::Vec index = e_.vec(0), first = e_.vec(1);
    e_.load_aligned(index, e_.wide(numbers));
    if (group.moves) {
      a_.mov(abi::kScratch, e_.lane_slot());
      e_.spread(first, abi::kScratch.r32());
      e_.three({I::kIdPaddd, I::kIdVpaddd}, index, index, first);
    }
    e_.store_aligned(x86::ptr(abi::kSecond, lane_index_at_ + static_cast<int32_t>(c * e_.mode.bytes())), index);
  }
  clear_levels(body.probes.size() * e_.group.copies);
  for (const Pin& pin : pins_)
    if (pin.copy < group.copies)
      load_value(body, *turns.copies, turns.copies->base[pin.value] + pin.copy, e_.vec(pin.reg));
}

// Lanes that do not exist keep states of 0, whatever their neighbours in the vector did.
void Loops::store_lane_states(const Body& body) {
  const uint32_t width = e_.mode.width();
  for (size_t s = 0; s < body.states.size(); ++s) {
    for (uint32_t c = 0; c < e_.group.copies; ++c) {
      const uint8_t pinned = e_.pinned_state[c * body.states.size() + s];
      const uint32_t real = e_.group.lanes_of(c, width);
      if (pinned == kNoRegister && real == width) continue;
      const x86::Mem at = x86::ptr(e_.pointer(body.states[s].pointer),
                                   body.states[s].offset + static_cast<int32_t>(c * e_.mode.bytes()));
      const x86::Vec value = e_.vec(pinned == kNoRegister ? 0 : pinned);
      if (pinned == kNoRegister) e_.load_aligned(value, at);
      if (real < width) e_.three({I::kIdAndps, I::kIdVandps}, value, value, e_.lanes_below(real));
      e_.store_aligned(at, value);
    }
  }
}

// Per lane of the probe area: peak, then sum of squares.
void Loops::add_up_lane_probes(const Body& body) {
  const uint32_t width = e_.mode.width();
  const x86::Gpq lane = abi::kScratch2;
  for (uint32_t c = 0; c < e_.group.copies; ++c) {
    for (size_t p = 0; p < body.probes.size(); ++p) {
      const x86::Gpq at = e_.pointer(body.probes[p].pointer);
      const int32_t from = static_cast<int32_t>((c * body.probes.size() + p) * kProbeBytes);
      const int32_t to = body.probes[p].offset + static_cast<int32_t>(c * width * 8);
      const asmjit::Label again = a_.newLabel();
      a_.xor_(lane.r32(), lane.r32());
      a_.bind(again);
      for (int32_t part = 0; part < 2; ++part)
        add_to_level(part, x86::dword_ptr(at, lane, 3, to + part * 4),
                     x86::dword_ptr(abi::kSecond, lane, 2, from + part * 64));
      a_.inc(lane);
      a_.cmp(lane, static_cast<int32_t>(e_.group.lanes_of(c, width)));
      a_.jb(again);
    }
  }
}

}  // namespace sinter::jit
