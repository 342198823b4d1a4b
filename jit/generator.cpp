// The frame around the loops, and the way from steps to callable code.
#include "generator.hpp"

#include <algorithm>

#include "abreast.hpp"
#include "body.hpp"
#include "emitter.hpp"
#include "loops.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/base/round_up.hpp"

namespace sinter::jit {
namespace {

constexpr uint64_t kMaxOffset = 1u << 30;  // displacements of addresses have 32 bits, signed

constexpr size_t kNoEntry = SIZE_MAX;
constexpr uint32_t kUnknownSize = 0x7fffffc0;  // of a frame whose function is being emitted

bool lowers(StepKind kind) {
  return kind != StepKind::fold && kind != StepKind::woven && kind != StepKind::either && kind != StepKind::call;
}

// Counters alone need no chunks.
bool in_chunks(const Step& step) {
  return std::any_of(step.recurrences.begin(), step.recurrences.end(),
                     [](const Recurrence& each) { return !each.increment.valid(); });
}

class Generator {
 public:
  Generator(const Ir& ir, const Plan& plan, const Isa& isa, bool want_listing, const std::function<bool()>* cancelled)
      : ir_(ir), plan_(plan), poll_(cancelled), emitter_(isa, want_listing), lowering_(ir, plan, isa) {}

  Result<Generated> run() {
    const Layout& layout = plan_.layout;
    if (std::max<uint64_t>({layout.control_bytes, layout.state_bytes, layout.buffer_bytes, layout.probe_bytes}) >
        kMaxOffset)
      return Error{Errc::no_machine_code, "",
                   "the patch has more memory than machine code can address; use the interpreter"};
    for (size_t at = 0; at < plan_.steps.size();) {
      if (plan_.steps[at].kind == StepKind::call) {
        add_call(plan_.steps[at++]);
        continue;
      }
      const size_t first = at;
      while (at < plan_.steps.size() && plan_.steps[at].kind != StepKind::call) ++at;
      add_function(first, at);
      if (poll_.now()) return cancelled_error();
      if (!lowering_.problem().empty()) return broken(lowering_.problem());
    }
    emitter_.finish();
    if (emitter_.failed()) return emitter_failed();
    return place();
  }

 private:
  static Error broken(const std::string& what) {
    return {Errc::internal, "", "the code generator met " + what + "; use the interpreter and report the patch"};
  }

  Result<Generated> emitter_failed() const {
    if (emitter_.out_of_memory()) return OutOfMemory{};
    return broken(emitter_.failure());
  }

  void add_call(const Step& step) {
    Segment segment{.call = static_cast<uint32_t>(ir_[step.body[0]].imm)};
    segment.first_input_row = step.first_input_row;
    segment.first_output_row = step.first_output_row;
    result_.segments.push_back(segment);
    entries_.push_back(kNoEntry);
  }

  // The bodies of a step and of the steps that it holds, in the order in which emit() asks for them.
  void lower(const Step& step, std::vector<Body>& bodies, size_t& pointers) {
    const auto add = [&](Body&& body) {
      pointers = std::max(pointers, body.pointers.size());
      bodies.push_back(std::move(body));
    };
    if (!lowers(step.kind)) {
      pointers = std::max(pointers, step.stores.size() + 2);
    } else if (!in_chunks(step)) {
      add(lowering_.lower(step));
      bodies.back().last = true;
    } else {
      for (uint32_t samples : {kMaxPhases, 1u})
        for (Body& body : lanes_abreast(lowering_.lower_chunks(step, samples), *emitter_.mode.isa))
          add(std::move(body));
      bodies.back().last = true;
    }
    for (Value tap : step.taps) add(lowering_.lower_delay(tap));
    lowering_.set_tied(step.taps, false);
    for (const Step& inner : step.inner) lower(inner, bodies, pointers);
    lowering_.set_tied(step.taps, true);
    for (const Step& other : step.otherwise) lower(other, bodies, pointers);
  }

  // Bodies are made first: how many pointers they hold in registers decides which registers the frame saves.
  void add_function(size_t first, size_t last) {
    std::vector<Body> bodies;
    size_t pointers = 0;
    for (size_t s = first; s < last; ++s) {
      if (poll_.now()) return;
      lower(plan_.steps[s], bodies, pointers);
    }
    if (!lowering_.problem().empty()) return;

    x86::Assembler& a = emitter_.a;
    emitter_.at(UINT32_MAX);
    a.align(asmjit::AlignMode::kCode, 32);
    result_.segments.push_back({});
    entries_.push_back(a.offset());
    saved_ = static_cast<uint32_t>(std::clamp<size_t>(pointers, abi::kFirstSaved, abi::kPointerCount));
    const size_t frame_size_at = prologue();
    Loops loops(emitter_, poll_);
    size_t next = 0;
    for (size_t s = first; s < last && !poll_.now(); ++s) emit(loops, plan_.steps[s], bodies, next);
    epilogue();
    const uint32_t frame_bytes = round_up(frame::kSlots + loops.needs().slot_bytes, kCacheLine);
    emitter_.patch(frame_size_at, kUnknownSize, frame_bytes);
    result_.scratch_bytes = std::max(result_.scratch_bytes, loops.needs().scratch_bytes);
  }

  void emit(Loops& loops, const Step& step, const std::vector<Body>& bodies, size_t& next) {
    const Inst& head = step.body.empty() ? ir_.insts[0] : ir_[step.body[0]];
    emitter_.at(UINT32_MAX);
    switch (step.kind) {
      case StepKind::time_parallel:
        if (!in_chunks(step)) return loops.time_parallel(bodies[next++]);
        do loops.chunks(bodies[next]);
        while (!bodies[next++].last);
        return;
      case StepKind::serial:
        return loops.serial(bodies[next++]);
      case StepKind::lanes:
        return loops.lanes(bodies[next++]);
      case StepKind::upsample:
        return loops.resample(bodies[next++], 1, static_cast<uint32_t>(head.imm));
      case StepKind::decimate:
        return loops.resample(bodies[next++], static_cast<uint32_t>(head.imm), 1);
      case StepKind::fold:
        return loops.fold(ir_, plan_, step, false);
      case StepKind::woven:
        return loops.each_frame(step.clock, [&] {
          for (const Step& inner : step.inner) {
            if (inner.kind == StepKind::fold) loops.fold(ir_, plan_, inner, true);
            else loops.once(bodies[next++]);
          }
        });
      case StepKind::either:
        return emit_either(loops, step, bodies, next);
      case StepKind::call:
        return;
    }
  }

  void emit_either(Loops& loops, const Step& step, const std::vector<Body>& bodies, size_t& next) {
    x86::Assembler& a = emitter_.a;
    const asmjit::Label otherwise = a.newLabel(), done = a.newLabel();
    for (size_t tap = 0; tap < step.taps.size(); ++tap) loops.unless_long(bodies[next++], otherwise);
    for (const Step& inner : step.inner) emit(loops, inner, bodies, next);
    a.jmp(done);
    a.bind(otherwise);
    emitter_.forget_window();
    for (const Step& other : step.otherwise) emit(loops, other, bodies, next);
    a.bind(done);
    emitter_.forget_window();
  }

  // Returns where the size of the frame is to be written: it is known when the function has been emitted.
  size_t prologue() {
    x86::Assembler& a = emitter_.a;
    a.push(x86::rbp);
    a.mov(x86::rbp, x86::rsp);
    for (uint32_t r = abi::kFirstSaved; r < saved_; ++r) a.push(abi::kPointers[r]);
    a.and_(x86::rsp, -64);
    a.long_().sub(x86::rsp, kUnknownSize);
    return a.offset();
  }

  void epilogue() {
    x86::Assembler& a = emitter_.a;
    emitter_.at(UINT32_MAX);
    if (emitter_.mode.isa->vex()) a.vzeroupper();
    a.lea(x86::rsp, x86::ptr(x86::rbp, -8 * static_cast<int32_t>(saved_ - abi::kFirstSaved)));
    for (uint32_t r = saved_; r-- > abi::kFirstSaved;) a.pop(abi::kPointers[r]);
    a.pop(x86::rbp);
    a.ret();
  }

  Result<Generated> place() {
    asmjit::CodeHolder& code = emitter_.code();
    emitter_.check(code.flatten());
    emitter_.check(code.resolveUnresolvedLinks());
    // External calls alone, or no steps at all: there is nothing to map.
    if (code.codeSize() == 0 && !emitter_.failed()) return std::move(result_);
    Result<CodeMemory> memory = CodeMemory::reserve(code.codeSize());
    if (!memory) return memory.errors();
    emitter_.check(code.relocateToBase(reinterpret_cast<uint64_t>(memory->data())));
    emitter_.check(code.copyFlattenedData(memory->data(), memory->size()));
    if (emitter_.failed()) return emitter_failed();
    if (Result<bool> sealed = memory->seal(); !sealed) return sealed.errors();
    result_.memory = std::move(*memory);
    result_.code_bytes = code.codeSize();
    for (size_t i = 0; i < entries_.size(); ++i)
      if (entries_[i] != kNoEntry)
        result_.segments[i].code = reinterpret_cast<Segment::Code>(result_.memory.data() + entries_[i]);
    result_.listing = emitter_.take_listing();
    return std::move(result_);
  }

  const Ir& ir_;
  const Plan& plan_;
  Poll poll_;
  Emitter emitter_;
  Lowering lowering_;
  Generated result_;
  std::vector<size_t> entries_;  // per segment: offset of its code
  uint32_t saved_ = abi::kFirstSaved;
};

}  // namespace

Result<Generated> generate(const Ir& ir, const Plan& plan, const Isa& isa, bool want_listing,
                           const std::function<bool()>* cancelled) {
  return Generator(ir, plan, isa, want_listing, cancelled).run();
}

}  // namespace sinter::jit
