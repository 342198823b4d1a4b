// The loops over lanes and time, and what happens before and after them.
#include "loops.hpp"

#include <algorithm>
#include <cstddef>

#include "sinter/engine/program.hpp"

namespace sinter::jit {
void Loops::time_parallel(const Body& body) {
  e_.mode.scalar = false;
  make_copies(body, 1, one_);
  const uint32_t copies = choose_copies(body, one_);
  choose_pins(body, one_, copies, false);
  allocate(one_);
  uint32_t slots = one_.allocation.slots;
  if (copies > 1) {
    make_copies(body, copies, many_);
    allocate(many_);
    slots = std::max(slots, many_.allocation.slots);
  }
  enter(body, slots);
  const int32_t width = static_cast<int32_t>(e_.mode.width());
  const bool changes = body.lanes > 1 || !body.windows.empty();  // kLimit, before the copies' loop
  frames_into_limit(body.clock);
  if (!body.probes.empty() || !body.counters.empty()) a_.mov(x86::qword_ptr(x86::rsp, frame::kTotal), abi::kLimit);
  a_.add(abi::kLimit, width - 1);
  a_.and_(abi::kLimit, -width);
  if (copies > 1) {
    a_.mov(x86::qword_ptr(x86::rsp, frame::kEnd), abi::kLimit);
    a_.and_(abi::kLimit, -width * static_cast<int32_t>(copies));
    if (changes) a_.mov(x86::qword_ptr(x86::rsp, frame::kMainEnd), abi::kLimit);
  }
  each_lane(body.lanes, [&] {
    if (copies > 1 && !body.windows.empty()) a_.mov(abi::kLimit, x86::qword_ptr(x86::rsp, frame::kEnd));
    begin_windows(body);
    load_pins(body);
    clear_levels(body.probes.size());
    a_.xor_(abi::kTime.r32(), abi::kTime.r32());
    const auto loop = [&](const Copies& version) {
      const asmjit::Label again = a_.newLabel(), done = a_.newLabel();
      a_.cmp(abi::kTime, abi::kLimit);
      a_.jae(done);
      a_.align(asmjit::AlignMode::kCode, 32);
      a_.bind(again);
      emit(body, version);
      a_.add(abi::kTime, width * static_cast<int32_t>(version.count));
      a_.cmp(abi::kTime, abi::kLimit);
      a_.jb(again);
      a_.bind(done);
    };
    if (copies > 1) {
      if (changes) a_.mov(abi::kLimit, x86::qword_ptr(x86::rsp, frame::kMainEnd));
      loop(many_);
      a_.mov(abi::kLimit, x86::qword_ptr(x86::rsp, frame::kEnd));
    }
    loop(one_);
    end_windows(body, false);
    advance(body.counters, body);
    add_up_probes(body);
  });
  emit_later();
  leave();
}

void Loops::chunks(const Body& body) {
  e_.mode.scalar = false;
  make_copies(body, 1, one_);
  choose_pins(body, one_, 1, true);
  allocate(one_);
  const auto width = static_cast<int32_t>(e_.mode.width()), turn = width * static_cast<int32_t>(body.samples);
  const auto whole = -width * static_cast<int32_t>(kMaxPhases);
  const x86::Mem total = x86::qword_ptr(x86::rsp, frame::kTotal);
  const asmjit::Label nothing = a_.newLabel();
  frames_into_limit(body.clock);
  a_.mov(total, abi::kLimit);
  if (body.samples > 1) {
    a_.and_(abi::kLimit, whole);
  } else {
    a_.mov(abi::kTime, abi::kLimit);
    a_.and_(abi::kTime, whole);
    a_.add(abi::kLimit, width - 1);
    a_.and_(abi::kLimit, -width);
    a_.cmp(abi::kTime, abi::kLimit);
  }
  a_.jz(nothing);
  enter(body, one_.allocation.slots);
  each_lane(body.lanes, body.abreast, [&] {
    const asmjit::Label again = a_.newLabel();
    begin_windows(body);
    load_pins(body);
    clear_levels(body.probes.size());
    if (body.samples > 1) {
      a_.xor_(abi::kTime.r32(), abi::kTime.r32());
    } else {
      a_.mov(abi::kTime, total);
      a_.and_(abi::kTime, whole);
    }
    a_.align(asmjit::AlignMode::kCode, 32);
    a_.bind(again);
    emit(body, one_);
    a_.add(abi::kTime, turn);
    a_.cmp(abi::kTime, abi::kLimit);
    a_.jb(again);
    store_pinned_states(body);
    end_windows(body, body.samples == 1);
    add_up_probes(body);
  });
  emit_later();
  leave();
  a_.bind(nothing);
}

void Loops::serial(const Body& body) {
  e_.mode.scalar = true;
  make_copies(body, 1, one_);
  choose_pins(body, one_, 1, true);
  allocate(one_);
  enter(body, one_.allocation.slots);
  each_lane(body.lanes, [&] {
    load_pins(body);
    clear_levels(body.probes.size());
    each_frame(body.clock, [&] { emit(body, one_); });
    store_pinned_states(body);
    add_up_probes(body);
  });
  leave();
}

void Loops::once(const Body& body) {
  e_.mode.scalar = true;
  make_copies(body, 1, one_);
  pins_.clear();
  pin_mask_ = 0;
  e_.pinned_state.assign(body.states.size(), kNoRegister);
  allocate(one_);
  enter(body, one_.allocation.slots);
  each_lane(body.lanes, [&] {
    clear_levels(body.probes.size());
    emit(body, one_);
    add_up_probes(body);
  });
  leave();
}

void Loops::resample(const Body& body, uint32_t read_step, uint32_t write_step) {
  e_.mode.scalar = true;
  make_copies(body, 1, one_);
  choose_pins(body, one_, 1, false);
  allocate(one_);
  enter(body, one_.allocation.slots);
  each_lane(body.lanes, [&] {
    const asmjit::Label again = a_.newLabel(), done = a_.newLabel();
    load_pins(body);
    frames_into_limit(body.clock);
    a_.xor_(abi::kTime.r32(), abi::kTime.r32());
    a_.xor_(abi::kSecond.r32(), abi::kSecond.r32());
    a_.test(abi::kLimit, abi::kLimit);
    a_.jz(done);
    a_.bind(again);
    emit(body, one_);
    a_.add(abi::kTime, static_cast<int32_t>(read_step));
    a_.add(abi::kSecond, static_cast<int32_t>(write_step));
    a_.cmp(abi::kTime, abi::kLimit);
    a_.jb(again);
    a_.bind(done);
  });
  leave();
}

void Loops::frames_into_limit(uint32_t clock) {
  a_.mov(abi::kLimit.r32(), x86::dword_ptr(abi::kBlock, offsetof(Block, frames)));
  if (clock > 1) a_.imul(abi::kLimit, abi::kLimit, static_cast<int32_t>(clock));
}

// Small spill areas are in the stack frame, large ones and the sums of probes in the block's scratch memory.
void Loops::enter(const Body& body, uint32_t slots) {
  const uint64_t bytes = uint64_t{slots} * e_.mode.bytes();
  const uint64_t probe_bytes = body.probes.size() * kProbeBytes;
  slots_in_scratch_ = bytes > frame::kSlotBytes;
  slots_at_ = slots_in_scratch_ ? static_cast<int32_t>(probe_bytes) : frame::kSlots;
  const uint64_t scratch = place_windows(body, probe_bytes + (slots_in_scratch_ ? bytes : 0));
  if (!slots_in_scratch_) needs_.slot_bytes = std::max(needs_.slot_bytes, static_cast<uint32_t>(bytes));
  needs_.scratch_bytes = std::max(needs_.scratch_bytes, scratch);
  e_.set_pointers(body.pointers, body.lanes / body.abreast);
  e_.load_pointers(false);
  if (scratch) a_.mov(abi::kSecond, x86::qword_ptr(abi::kBlock, offsetof(Block, scratch)));
}

void Loops::leave() { e_.mode.scalar = false; }

void Loops::load_pins(const Body& body) {
  for (const Pin& pin : pins_) load_value(body, one_, one_.base[pin.value], e_.vec(pin.reg));
}

void Loops::store_pinned_states(const Body& body) {
  for (size_t s = 0; s < body.states.size(); ++s)
    if (e_.pinned_state[s] != kNoRegister) {
      const x86::Mem at = x86::ptr(e_.pointer(body.states[s].pointer), body.states[s].offset);
      if (body.samples) e_.two({I::kIdMovss, I::kIdVmovss}, at, e_.vec(e_.pinned_state[s]).xmm());
      else e_.store(at, e_.vec(e_.pinned_state[s]));
    }
}

void Loops::advance(const std::vector<Body::Counter>& counters, const Body& body) {
  const x86::Gpd by = abi::kScratch2.r32();
  for (const Body::Counter& counter : counters) {
    const Leaf& increment = body.leaves[body.leaf_of[counter.increment]];
    if (increment.kind == Leaf::literal) a_.mov(by, asmjit::imm(increment.bits));
    else a_.mov(by, x86::dword_ptr(e_.pointer(increment.pointer), increment.offset));
    a_.imul(by, x86::dword_ptr(x86::rsp, frame::kTotal));
    a_.add(x86::dword_ptr(e_.pointer(counter.pointer), counter.offset), by);
  }
}

}  // namespace sinter::jit
