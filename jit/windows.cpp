// Windows of delay lines: the frames of a call lie one after another in a ring, except where they run over its end.
//
// Before the time loop, per lane, the address of each window is found: in the ring, or, where it ends there, a row of
// the scratch area. A tap's row is filled at once, a push's is copied to the ring after the loop. What happens at a
// ring's end lies behind the loop, out of the way.
#include <algorithm>
#include <cstddef>

#include "loops.hpp"
#include "sinter/base/round_up.hpp"
#include "sinter/engine/program.hpp"

namespace sinter::jit {
namespace {

constexpr int32_t kMargin = 64;  // bytes before and behind a row that whole vectors may reach into

bool has_push(const Body& body) {
  return std::any_of(body.windows.begin(), body.windows.end(), [](const Body::Window& w) { return w.push; });
}

}  // namespace

// The scratch area goes on with a flag (a push's window is a row), the addresses, and the rows. Returns its bytes.
uint64_t Loops::place_windows(const Body& body, uint64_t scratch) {
  if (body.windows.empty()) return scratch;
  const uint64_t count = body.windows.size();
  windows_.flag = static_cast<int32_t>(round_up(scratch, kCacheLine));
  e_.windows_at = windows_.flag + 8;
  windows_.rows =
      static_cast<int32_t>(round_up(static_cast<uint64_t>(e_.windows_at) + count * 8, kCacheLine)) + kMargin;
  windows_.stride = static_cast<int32_t>(row_bytes(body.clock)) + kMargin;
  return static_cast<uint64_t>(windows_.rows) + count * static_cast<uint64_t>(windows_.stride);
}

x86::Mem Loops::window_row(size_t window) const {
  return x86::ptr(abi::kSecond, windows_.rows + static_cast<int32_t>(window) * windows_.stride);
}

// kScratch2 = position of the window's first frame in the ring, by the call's first frame in kTime.
void Loops::window_position(const Body::Window& window) {
  const x86::Gpd at = abi::kScratch2.r32();
  if (window.low == window.high) {
    a_.lea(at, x86::ptr(abi::kTime, -window.low));
  } else {
    a_.mov(at, x86::dword_ptr(e_.pointer(window.pointer), window.offset));
    e_.clamp(at, window.low, window.high);
    a_.neg(at);
    a_.add(at, abi::kTime.r32());
  }
  a_.and_(at, asmjit::imm(window.capacity - 1));
}

// kLimit is the end of the frames that the loop goes through from the call's first, in whole vectors. Uses kTime.
void Loops::begin_windows(const Body& body) {
  if (body.windows.empty()) return;
  e_.make_pointer({.kind = Pointer::frame_base, .index = body.clock}, abi::kTime);
  if (has_push(body)) a_.mov(x86::qword_ptr(abi::kSecond, windows_.flag), 0);
  std::vector<size_t> order(body.windows.size());
  for (size_t w = 0; w < order.size(); ++w) order[w] = w;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t x, size_t y) { return body.windows[x].ring.index < body.windows[y].ring.index; });
  const Body::Window* known = nullptr;  // whose ring is in kScratch
  for (const size_t w : order) {
    if (poll_.often()) return;
    const Body::Window& window = body.windows[w];
    const asmjit::Label over_end = a_.newLabel(), known_address = a_.newLabel();
    window_position(window);
    if (!known || known->ring.index != window.ring.index || known->ring.ahead != window.ring.ahead ||
        window.low != window.high)
      e_.make_pointer(window.ring, abi::kScratch);
    known = &window;
    a_.lea(abi::kScratch3.r32(), x86::ptr(abi::kScratch2, abi::kLimit));
    a_.cmp(abi::kScratch3.r32(), asmjit::imm(window.capacity));
    a_.ja(over_end);
    a_.lea(abi::kScratch2, x86::ptr(abi::kScratch, abi::kScratch2, 2));
    a_.bind(known_address);
    a_.mov(e_.window_slot(static_cast<uint32_t>(w)), abi::kScratch2);
    e_.set_window(static_cast<uint32_t>(w), abi::kScratch2);
    later_.push_back([this, &body, w, over_end, known_address] {
      a_.bind(over_end);
      if (body.windows[w].push) a_.mov(x86::qword_ptr(abi::kSecond, windows_.flag), 1);
      else fill_window_row(body.windows[w], w);
      a_.lea(abi::kScratch2, window_row(w));
      a_.jmp(known_address);
    });
  }
}

// The ring's last frames from the last to the first, then its first ones, in whole vectors: these reach into the row's
// margins, and never out of the ring. The ring is in kScratch, and stays there; the position in kScratch2.
void Loops::fill_window_row(const Body::Window& window, size_t index) {
  const auto width = static_cast<int32_t>(e_.mode.width());
  const int32_t ring_bytes = static_cast<int32_t>(window.capacity) * 4;
  const x86::Gpq i = abi::kScratch3, from = abi::kScratch2;
  const x86::Vec moved = e_.vec(0);
  const asmjit::Label last = a_.newLabel(), first = a_.newLabel();
  x86::Mem to = window_row(index);
  to.setIndex(i, 2);
  a_.mov(i.r32(), ring_bytes / 4);
  a_.sub(i.r32(), from.r32());
  a_.lea(from, x86::ptr(abi::kScratch, from, 2));
  a_.bind(last);
  a_.sub(i, width);
  e_.load(moved, x86::ptr(from, i, 2));
  e_.store(to, moved);
  a_.test(i, i);
  a_.jg(last);
  a_.lea(i, x86::ptr(abi::kScratch, ring_bytes));
  a_.sub(i, from);
  a_.shr(i, 2);
  a_.bind(first);
  e_.load(moved, x86::ptr(from, i, 2, -ring_bytes));
  e_.store(to, moved);
  a_.add(i, width);
  a_.cmp(i, abi::kLimit);
  a_.jb(first);
}

// `skips_whole`: the loop began behind the whole turns of kTotal frames.
void Loops::end_windows(const Body& body, bool skips_whole) {
  if (!has_push(body)) return;
  const asmjit::Label rows = a_.newLabel(), done = a_.newLabel();
  a_.cmp(x86::qword_ptr(abi::kSecond, windows_.flag), 0);
  a_.jne(rows);
  a_.bind(done);
  later_.push_back([this, &body, skips_whole, rows, done] {
    a_.bind(rows);
    e_.make_pointer({.kind = Pointer::frame_base, .index = body.clock}, abi::kTime);
    for (size_t w = 0; w < body.windows.size(); ++w)
      if (body.windows[w].push) empty_window_row(body.windows[w], w, skips_whole);
    a_.jmp(done);
  });
}

// By elements: nothing else in the ring may change. The call's first frame is in kTime.
void Loops::empty_window_row(const Body::Window& window, size_t index, bool skips_whole) {
  const x86::Gpq i = abi::kScratch3, at = abi::kScratch2;
  const asmjit::Label again = a_.newLabel(), in_ring = a_.newLabel();
  const Ids move{I::kIdMovss, I::kIdVmovss};
  x86::Mem from = window_row(index);
  a_.lea(at, from);
  a_.cmp(at, e_.window_slot(static_cast<uint32_t>(index)));
  a_.jne(in_ring);
  e_.make_pointer(window.ring, abi::kScratch);
  if (skips_whole) {
    a_.mov(i, x86::qword_ptr(x86::rsp, frame::kTotal));
    a_.and_(i, -static_cast<int32_t>(e_.mode.width() * kMaxPhases));
  } else {
    a_.xor_(i.r32(), i.r32());
  }
  from.setIndex(i, 2);
  a_.bind(again);
  a_.lea(at.r32(), x86::ptr(abi::kTime, i));
  a_.and_(at.r32(), asmjit::imm(window.capacity - 1));
  e_.two(move, x86::xmm0, from);
  e_.two(move, x86::dword_ptr(abi::kScratch, at, 2), x86::xmm0);
  a_.inc(i);
  a_.cmp(i, abi::kLimit);
  a_.jb(again);
  a_.bind(in_ring);
}

void Loops::emit_later() {
  if (later_.empty()) return;
  const asmjit::Label over = a_.newLabel();
  a_.jmp(over);
  for (const auto& each : later_) each();
  later_.clear();
  a_.bind(over);
}

}  // namespace sinter::jit
