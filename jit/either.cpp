// The test before a recurrence that is held twice: whether the delays asked for in a call are as long as the call. Then
// nothing that the call pushes is read in it, and the loops for several samples at a time are right.
#include "loops.hpp"

namespace sinter::jit {

// A tap's least delay may be enough for a short call, whatever is asked for. Its longest is enough for any: the plan
// takes no others.
void Loops::unless_long(const Body& body, const asmjit::Label& otherwise) {
  const Leaf& delay = body.leaves[body.leaf_of[body.delay.value]];
  const asmjit::Label long_enough = a_.newLabel();
  e_.mode.scalar = false;
  frames_into_limit(body.clock);
  a_.cmp(abi::kLimit, body.delay.least);
  a_.jbe(long_enough);
  e_.forget_window();
  e_.set_pointers(body.pointers, body.lanes);
  e_.load_pointers(false);
  each_lane(body.lanes, [&] {
    if (delay.kind == Leaf::row) return find_shorter(delay, otherwise);
    a_.cmp(x86::dword_ptr(e_.pointer(delay.pointer), delay.offset), abi::kLimit.r32());
    a_.jl(otherwise);
  });
  a_.bind(long_enough);
}

// Whole vectors, then single frames: what lies behind the call's last frame must not decide.
void Loops::find_shorter(const Leaf& row, const asmjit::Label& found) {
  const bool wide = e_.mode.isa->vex();
  const auto vec = [&](uint32_t id) -> x86::Vec { return wide ? x86::Vec(x86::ymm(id)) : x86::Vec(x86::xmm(id)); };
  const x86::Vec any = vec(0), limit = vec(1), shorter = vec(2), delays = vec(3);
  const x86::Gpq whole = abi::kScratch2;
  const asmjit::Label vectors = a_.newLabel(), rest = a_.newLabel(), singles = a_.newLabel(), done = a_.newLabel();
  a_.xor_(abi::kTime.r32(), abi::kTime.r32());
  a_.mov(whole, abi::kLimit);
  a_.and_(whole, wide ? -8 : -4);
  a_.jz(rest);
  e_.zero(any);
  e_.spread(limit, abi::kLimit.r32());
  a_.bind(vectors);
  e_.load(delays, e_.row(row.pointer, row.offset, 0));
  e_.three({I::kIdPcmpgtd, I::kIdVpcmpgtd}, shorter, limit, delays);
  e_.three({I::kIdOrps, I::kIdVorps}, any, any, shorter);
  a_.add(abi::kTime, wide ? 8 : 4);
  a_.cmp(abi::kTime, whole);
  a_.jb(vectors);
  e_.two({I::kIdMovmskps, I::kIdVmovmskps}, whole.r32(), any);
  a_.test(whole.r32(), whole.r32());
  a_.jnz(found);
  a_.bind(rest);
  a_.cmp(abi::kTime, abi::kLimit);
  a_.jae(done);
  a_.bind(singles);
  x86::Mem delay = e_.row(row.pointer, row.offset, 0);
  delay.setSize(4);
  a_.cmp(delay, abi::kLimit.r32());
  a_.jl(found);
  a_.inc(abi::kTime);
  a_.cmp(abi::kTime, abi::kLimit);
  a_.jb(singles);
  a_.bind(done);
}

}  // namespace sinter::jit
