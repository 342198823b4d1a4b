// Instruction selection by encoding is here and nowhere else: SSE has two operands, VEX and EVEX three.
#include "emitter.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

#include "sinter/engine/program.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::jit {

Emitter::Emitter(const Isa& isa, bool want_listing) : mode{&isa, false}, listing_wanted_(want_listing) {
  check(code_.init(asmjit::Environment::host()));
  code_.setErrorHandler(this);
  if (want_listing) code_.setLogger(&logger_);
  check(code_.attach(&a));
  pool_label_ = a.newLabel();
}

void Emitter::handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter*) {
  failed_ = true;
  if (error == asmjit::kErrorOutOfMemory) out_of_memory_ = true;
  else if (!out_of_memory_ && failure_.empty()) failure_ = message;
}

asmjit::Error Emitter::Log::_log(const char* data, size_t size) noexcept {
  try {
    if (size == SIZE_MAX) text.append(data);
    else text.append(data, size);
  } catch (const std::bad_alloc&) {
    complete = false;
  }
  return complete ? asmjit::kErrorOk : asmjit::kErrorOutOfMemory;
}

void Emitter::check(asmjit::Error error) {
  if (error != asmjit::kErrorOk) handleError(error, asmjit::DebugUtils::errorAsString(error), &a);
}

x86::Vec Emitter::vec(uint32_t id) const {
  if (mode.scalar || mode.isa->level == Level::sse) return x86::xmm(id);
  if (mode.isa->level == Level::avx2) return x86::ymm(id);
  return x86::zmm(id);
}

asmjit::Operand Emitter::element(const x86::Mem& at) const {
  return at.cloneBroadcasted(mode.scalar ? x86::Mem::Broadcast::k1To4 : x86::Mem::Broadcast::k1To16);
}

// AVX-512 spreads one element as it reads it; the others need it spread in memory, and SSE needs it aligned.
x86::Mem Emitter::literal_memory(uint32_t bits) {
  const uint32_t copies = mode.broadcasts() ? 1 : mode.isa->width;
  const auto [found, added] = literal_at_.try_emplace(bits, static_cast<uint32_t>(pool_.size() * 4));
  if (added) pool_.insert(pool_.end(), copies, bits);
  return x86::ptr(pool_label_, static_cast<int32_t>(found->second));
}

asmjit::Operand Emitter::literal(uint32_t bits) {
  const x86::Mem at = literal_memory(bits);
  if (mode.broadcasts()) return element(at);
  return at;
}

x86::Mem Emitter::wide(std::span<const uint32_t> elements) {
  const auto at = [&](size_t index) { return x86::ptr(pool_label_, static_cast<int32_t>(index * 4)); };
  for (const uint32_t known : wides_)
    if (std::equal(elements.begin(), elements.end(), pool_.begin() + known)) return at(known);
  while (pool_.size() % mode.isa->width) pool_.push_back(0);
  wides_.push_back(static_cast<uint32_t>(pool_.size()));
  pool_.insert(pool_.end(), elements.begin(), elements.end());
  return at(wides_.back());
}

x86::Mem Emitter::iota(uint32_t phase) {
  uint32_t numbers[16];
  const uint32_t width = mode.isa->width;
  for (uint32_t x = 0; x < width; ++x) numbers[x] = phase ? 4 * chunk_in_lane(x, width, 4) + phase - 1 : x;
  return wide({numbers, width});
}

x86::Mem Emitter::lanes_below(uint32_t count) {
  std::vector<uint32_t> mask(mode.isa->width, 0);
  std::fill_n(mask.begin(), count, 0xffffffffu);
  return wide(mask);
}

void Emitter::three(const Ids& ids, const x86::Vec& dst, const asmjit::Operand& x, const asmjit::Operand& y) {
  if (mode.isa->vex()) {
    a.emit(ids.vex, dst, x, y);
  } else {
    move(dst, x);
    a.emit(ids.sse, dst, y);
  }
}

void Emitter::move(const x86::Vec& dst, const asmjit::Operand& src) {
  if (src.isReg() && src.id() == dst.id()) return;
  two({I::kIdMovaps, I::kIdVmovaps}, dst, src);
}

void Emitter::load(const x86::Vec& dst, const x86::Mem& at) {
  if (mode.scalar) two({I::kIdMovss, I::kIdVmovss}, dst, at);
  else two({I::kIdMovups, I::kIdVmovups}, dst, at);
}

void Emitter::store(const x86::Mem& at, const x86::Vec& src) {
  if (mode.scalar) two({I::kIdMovss, I::kIdVmovss}, at, src);
  else two({I::kIdMovups, I::kIdVmovups}, at, src);
}

void Emitter::load_aligned(const x86::Vec& dst, const x86::Mem& at) { two({I::kIdMovaps, I::kIdVmovaps}, dst, at); }
void Emitter::store_aligned(const x86::Mem& at, const x86::Vec& src) { two({I::kIdMovaps, I::kIdVmovaps}, at, src); }

void Emitter::spread(const x86::Vec& dst, const x86::Mem& at) {
  if (mode.scalar) {
    load(dst, at);
  } else if (mode.isa->vex()) {
    a.emit(I::kIdVbroadcastss, dst, at);
  } else {
    a.movss(dst.xmm(), at);
    a.shufps(dst.xmm(), dst.xmm(), 0);
  }
}

void Emitter::spread(const x86::Vec& dst, const x86::Gpd& from) {
  two({I::kIdMovd, I::kIdVmovd}, dst.xmm(), from);
  if (mode.scalar) return;
  if (mode.isa->vex()) a.emit(I::kIdVpbroadcastd, dst, dst.xmm());
  else a.pshufd(dst.xmm(), dst.xmm(), 0);
}

void Emitter::zero(const x86::Vec& dst) {
  // The 128-bit form clears the whole register.
  if (mode.isa->vex()) a.emit(I::kIdVxorps, dst.xmm(), dst.xmm(), dst.xmm());
  else a.xorps(dst.xmm(), dst.xmm());
}

// What dst held does not matter, but to wait for it would.
void Emitter::gather(const x86::Vec& dst, const x86::Mem& from, const x86::Vec& temp) {
  zero(dst);
  if (mode.isa->evex()) {
    a.kxnorw(x86::k1, x86::k1, x86::k1);
    a.k(x86::k1).emit(I::kIdVgatherdps, dst, from);
  } else {
    a.emit(I::kIdVpcmpeqd, temp, temp, temp);
    a.emit(I::kIdVgatherdps, dst, from, temp);
  }
}

void Emitter::clamp(const x86::Gpd& value, int32_t low, int32_t high) {
  const x86::Gpd bound = abi::kScratch.r32();
  held_window_ = UINT32_MAX;
  a.mov(bound, low);
  a.cmp(value, bound);
  a.cmovl(value, bound);
  a.mov(bound, high);
  a.cmp(value, bound);
  a.cmovg(value, bound);
}

// The most used pointers get the registers.
void Emitter::set_pointers(std::vector<Pointer> pointers, uint32_t lanes) {
  pointers_ = std::move(pointers);
  lanes_ = lanes;
  pointer_register_.assign(pointers_.size(), kNoRegister);
  std::vector<uint32_t> order(pointers_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const size_t kept = std::min<size_t>(order.size(), abi::kPointerCount);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](uint32_t x, uint32_t y) {
                      return pointers_[x].uses != pointers_[y].uses ? pointers_[x].uses > pointers_[y].uses : x < y;
                    });
  for (uint32_t i = 0; i < kept; ++i) pointer_register_[order[i]] = static_cast<uint8_t>(i);
}

void Emitter::load_pointers(bool per_lane) {
  for (size_t i = 0; i < pointers_.size(); ++i)
    if (pointer_register_[i] != kNoRegister && pointers_[i].kind != Pointer::window &&
        (pointers_[i].per_lane && lanes_ > 1) == per_lane)
      make_pointer(pointers_[i], abi::kPointers[pointer_register_[i]]);
}

void Emitter::set_window(uint32_t window, const x86::Gpq& address) {
  for (size_t i = 0; i < pointers_.size(); ++i)
    if (pointer_register_[i] != kNoRegister && pointers_[i].kind == Pointer::window && pointers_[i].index == window)
      a.mov(abi::kPointers[pointer_register_[i]], address);
}

x86::Gpq Emitter::pointer(uint32_t index) {
  if (pointer_register_[index] != kNoRegister) return abi::kPointers[pointer_register_[index]];
  const bool window = pointers_[index].kind == Pointer::window;
  if (window && held_window_ == index) return abi::kScratch;
  make_pointer(pointers_[index], abi::kScratch);
  held_window_ = window ? index : UINT32_MAX;
  return abi::kScratch;
}

x86::Mem Emitter::row(uint32_t index, int32_t offset, uint32_t copy) {
  return x86::ptr(pointer(index), abi::kTime, 2, offset + static_cast<int32_t>(copy * mode.width() * 4));
}

x86::Mem Emitter::tile(uint32_t tile, uint32_t copy, int32_t ahead) const {
  return x86::ptr(abi::kTile, static_cast<int32_t>((tile * group.copies + copy) * mode.bytes()) + ahead);
}

void Emitter::make_pointer(const Pointer& p, const x86::Gpq& reg) {
  const auto member = [&](size_t offset) { return x86::ptr(abi::kBlock, static_cast<int32_t>(offset)); };
  const bool moves = p.per_lane && lanes_ > 1;
  const auto entry = [&](size_t list) {
    a.mov(reg, member(list));
    const int32_t at = static_cast<int32_t>((p.index + p.ahead) * 8);
    if (!moves) return void(a.mov(reg, x86::ptr(reg, at)));
    a.mov(abi::kScratch3, lane_slot());
    a.mov(reg, x86::ptr(reg, abi::kScratch3, 3, at));
  };
  const auto step = [&] {
    if (moves) {
      a.imul(abi::kScratch3, lane_slot(), static_cast<int32_t>(p.stride));
      a.add(reg, abi::kScratch3);
    }
    if (!p.ahead) return;
    a.mov(abi::kScratch3, uint64_t{p.ahead} * p.stride);
    a.add(reg, abi::kScratch3);
  };
  switch (p.kind) {
    case Pointer::controls:
      a.mov(reg, member(offsetof(Block, controls))), step();
      break;
    case Pointer::state:
      a.mov(reg, member(offsetof(Block, state))), step();
      break;
    case Pointer::buffers:
      a.mov(reg, member(offsetof(Block, buffers))), step();
      break;
    case Pointer::probes:
      a.mov(reg, member(offsetof(Block, probes))), step();
      break;
    case Pointer::input:
      entry(offsetof(Block, inputs));
      break;
    case Pointer::rows:
      entry(offsetof(Block, rows));
      break;
    case Pointer::output:
      entry(offsetof(Block, outputs));
      break;
    case Pointer::input_list:
      a.mov(reg, member(offsetof(Block, inputs))), step();
      break;
    case Pointer::row_list:
      a.mov(reg, member(offsetof(Block, rows))), step();
      break;
    case Pointer::output_list:
      a.mov(reg, member(offsetof(Block, outputs))), step();
      break;
    case Pointer::ring:
    case Pointer::table:
      a.mov(reg, member(p.kind == Pointer::ring ? offsetof(Block, rings) : offsetof(Block, tables)));
      a.mov(reg, x86::ptr(reg, static_cast<int32_t>(p.index * 8)));
      step();
      break;
    case Pointer::frame_base:
      a.imul(reg.r32(), x86::dword_ptr(abi::kBlock, offsetof(Block, frame)), p.index);
      break;
    case Pointer::cell_base:
      a.imul(reg.r32(), x86::dword_ptr(abi::kBlock, offsetof(Block, cell_offset)), p.index);
      break;
    case Pointer::grid_base:
      a.mov(reg.r32(), x86::dword_ptr(abi::kBlock, offsetof(Block, frame)));
      a.neg(reg.r32());
      a.and_(reg.r32(), kGridFrames - 1);
      a.imul(reg.r32(), reg.r32(), p.index);
      a.neg(reg.r32());
      break;
    case Pointer::zero:
      a.xor_(reg.r32(), reg.r32());
      break;
    case Pointer::window:
      a.mov(reg, window_slot(p.index));
      break;
  }
}

void Emitter::at(uint32_t inst) {
  if (!listing_wanted_ || inst == listed_inst_) return;
  flush_listing();
  listed_inst_ = inst;
}

void Emitter::flush_listing() {
  if (!logger_.complete) check(asmjit::kErrorOutOfMemory);
  std::string_view text = logger_.text;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    listing_.push_back({listed_inst_, std::string(text.substr(0, end))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  logger_.text.clear();
}

std::vector<ListingLine> Emitter::take_listing() {
  flush_listing();
  return std::move(listing_);
}

void Emitter::patch(size_t end, uint32_t placeholder, uint32_t number) {
  if (failed_) return;
  std::memcpy(a.bufferData() + end - sizeof number, &number, sizeof number);
  flush_listing();
  const std::string old = std::to_string(placeholder);
  for (ListingLine& line : listing_)
    if (const size_t found = line.text.find(old); found != std::string::npos)
      line.text.replace(found, old.size(), std::to_string(number));
}

void Emitter::finish() {
  at(UINT32_MAX);
  flush_listing();
  code_.resetLogger();  // the pool is data
  a.align(asmjit::AlignMode::kData, 64);
  a.bind(pool_label_);
  if (!pool_.empty()) a.embed(pool_.data(), pool_.size() * 4);
}

}  // namespace sinter::jit
