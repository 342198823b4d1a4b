// The three x86 backends and the executor of what they make.
#include <algorithm>
#include <string>

#include "code_memory.hpp"
#include "generator.hpp"
#include "isa.hpp"
#include "perf_map.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/base/trace.hpp"
#include "sinter/interpret/linear_states.hpp"
#include "sinter/jit/jit.hpp"

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_read_range(void* at, unsigned long bytes);
extern "C" void __tsan_write_range(void* at, unsigned long bytes);
#endif

namespace sinter {
namespace {

// ThreadSanitizer does not see what machine code reads and writes: it is told where that may be.
class Announcement {
 public:
#if defined(__SANITIZE_THREAD__)
  explicit Announcement(const Layout& layout)
      : controls_(layout.control_bytes),
        state_(layout.state_bytes),
        buffers_(layout.buffer_bytes),
        probes_(layout.probe_bytes),
        lines_(layout.lines.size()) {}
  void make(const Block& block) const noexcept {
    __tsan_read_range(block.controls, controls_);
    __tsan_write_range(block.state, state_);
    __tsan_write_range(block.buffers, buffers_);
    __tsan_write_range(block.probes, probes_);
    for (size_t l = 0; l < lines_; ++l) __tsan_write_range(block.rings[l], sizeof(float));  // stands for all of it
  }

 private:
  uint64_t controls_, state_, buffers_, probes_;
  size_t lines_;
#else
  explicit Announcement(const Layout&) {}
  void make(const Block&) const noexcept {}
#endif
};

class MachineCode final : public Executor {
 public:
  MachineCode(const jit::Isa& isa, uint32_t max_frames, const Ir& ir, const Plan& plan, jit::Generated code)
      : isa_(isa), max_frames_(max_frames), announcement_(plan.layout), states_(ir, plan), code_(std::move(code)) {}

  std::string_view name() const override { return isa_.name; }
  uint32_t max_frames() const override { return max_frames_; }
  uint32_t granule() const override { return isa_.width; }
  uint64_t scratch_bytes() const override { return code_.scratch_bytes; }

  void to_canonical(const Block& block) const noexcept override { states_.to_canonical(block); }
  void from_canonical(const Block& block) const noexcept override { states_.from_canonical(block); }

  void run(const Block& block) const noexcept override {
    announcement_.make(block);
    for (const jit::Segment& segment : code_.segments) {
      if (segment.code) {
        segment.code(&block);
      } else {
        const AudioFpMode mode;  // whatever the External does to it ends here
        block.externals[segment.call]->process(
            {block.rows + segment.first_input_row, block.rows + segment.first_output_row, block.frames});
      }
    }
  }

 private:
  const jit::Isa& isa_;
  uint32_t max_frames_;
  [[no_unique_address]] Announcement announcement_;
  LinearStates states_;
  jit::Generated code_;
};

// Delay lines and cell starts are laid out for cells; anything else without buffers takes whole blocks.
uint32_t max_frames(const Ir& ir, const Plan& plan) {
  if (plan.chunk_frames < kCellFrames) return plan.chunk_frames;
  const bool in_cells =
      !plan.unlimited_frames || !plan.layout.lines.empty() ||
      std::any_of(ir.insts.begin(), ir.insts.end(), [](const Inst& inst) { return inst.op == Op::cell_start; });
  return in_cells ? kCellFrames : UINT32_MAX;
}

std::string text_of(const std::vector<ListingLine>& listing) {
  std::string text;
  for (const ListingLine& line : listing) {
    std::string from = line.inst == UINT32_MAX ? "" : "%" + std::to_string(line.inst);
    from.resize(std::max<size_t>(from.size() + 1, 8), ' ');
    text += from + line.text + "\n";
  }
  return text;
}

class X86Backend final : public Backend {
 public:
  explicit X86Backend(const jit::Isa& isa) : isa_(isa) {}
  std::string_view name() const override { return isa_.name; }
  bool available() const override { return jit::CodeMemory::supported() && jit::available(isa_); }
  bool fuses_mul_add() const override { return isa_.vex(); }
  uint32_t width() const override { return isa_.width; }

  Result<Code> compile(const Ir& ir, const Plan& plan, bool want_listing,
                       const std::function<bool()>* cancelled) const override {
    if (!available())
      return Error{Errc::no_machine_code, std::string(isa_.name),
                   "this machine does not run " + std::string(isa_.name) + " code; use another backend"};
    const bool trace = trace_wants("asm");
    Result<jit::Generated> generated = jit::generate(ir, plan, isa_, want_listing || trace, cancelled);
    if (!generated) return generated.errors();
    if (trace) trace_write("asm", text_of(generated->listing));
    jit::register_with_perf(isa_.name, *generated);
    Code code;
    code.bytes = generated->code_bytes;
    code.listing = std::move(generated->listing);
    code.executor = std::make_unique<MachineCode>(isa_, max_frames(ir, plan), ir, plan, std::move(*generated));
    return code;
  }

 private:
  const jit::Isa& isa_;
};

}  // namespace

std::vector<const Backend*> jit_backends() {
  static const X86Backend sse(jit::kIsas[0]), avx2(jit::kIsas[1]), avx512(jit::kIsas[2]);
  return {&sse, &avx2, &avx512};
}

}  // namespace sinter
