// Generated code keeps the calling convention and stays inside its instruction set.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "../../jit/generator.hpp"
#include "rig.hpp"
#include "sinter/plan/plan.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// A recurrence of each solution, a sum over many lanes, and two that are not linear: one alone, one with instances for
// lanes.
Signal draw_recurrences(Builder& b, Signal x) {
  const Signal one = b.extract(x, 0), other = b.extract(x, 1);
  const Signal late = b.state("late", Type::f32, 1), later = b.state("later", Type::f32, 1);
  b.next(late, one);
  b.next(later, late);
  const Signal phase = b.state("phase", Type::i32, 1);
  b.next(phase, b.op(Op::iadd, phase, b.op(Op::to_int, one * 1e6)));
  const Signal low = b.state("low", Type::f32, 1), band = b.state("band", Type::f32, 1);
  b.next(band, band * 0.9 + (one - low) * 0.1);
  b.next(low, low + band * 0.1);
  const Signal swept = b.state("swept", Type::f32, 1);
  b.next(swept, swept * abs(other) + one);
  const Signal bent = b.state("bent", Type::f32, 1), many = b.state("many", Type::f32, 12);
  b.next(bent, one - bent * bent * 0.5);
  b.next(many, x - many * many * 0.5);
  return later + b.op(Op::to_f32, phase) + low + swept + bent + b.sum(many) +
         b.sum(sqrt(b.op(Op::to_f32, b.lane(40)) * abs(one)));
}

// Every kind of step at once, and more pointers than there are registers for.
void draw_everything(Builder& b) {
  b.ir().params.push_back({"p", 0.25, 0, 1, 0});
  Signal x = add_input(b, 12);
  Signal y = x * b.param(0) + floor(x * 3.0) + b.op(Op::to_f32, b.frame()) + sqrt(abs(x));
  Signal z = b.state("z", Type::f32, 12);
  b.next(z, z * 0.5 + y);
  const uint32_t line = b.line("d", 12, 100);
  b.push(line, y);
  Signal tap = b.tap(line, b.op(Op::to_int, abs(x) * 90.0), 1);
  TableDecl table{.key = "t", .size = 16};
  table.data.assign(16, 0.5f);
  const uint32_t lookup = b.table(table);
  Signal found = b.table_get(lookup, b.op(Op::imul, b.op(Op::to_int, x * 20.0), b.integer(3)));
  Signal up = b.upsample(x, 2);
  Signal down = b.decimate(up * up, 2);
  b.probe("p", y);
  std::vector<Signal> outputs = {b.sum(z + tap + found + down) + draw_recurrences(b, x), b.select(x < y, z, tap)};
  for (uint32_t c = 0; c < 12; ++c) outputs.push_back(b.extract(x, c) * b.extract(x, (c + 5) % 12));
  add_outputs(b, outputs);
}

struct Prepared {
  Ir ir;
  Plan plan;
  explicit Prepared(uint32_t width) {
    Builder build(ir);
    draw_everything(build);
    Result<Plan> made = make_plan(ir, {.width = width});
    REQUIRE(made);
    plan = std::move(*made);
    if (width) check_variety();
  }

 private:
  void check_variety() const {
    std::set<StepKind> kinds;
    std::set<Solution> solutions;
    for (const Step& step : plan.steps) {
      kinds.insert(step.kind);
      for (const Recurrence& recurrence : step.recurrences) solutions.insert(recurrence.solution);
    }
    CHECK_EQ(solutions, std::set{Solution::shift, Solution::sum, Solution::constant, Solution::varying});
    for (const StepKind kind : {StepKind::time_parallel, StepKind::serial, StepKind::lanes, StepKind::fold,
                                StepKind::upsample, StepKind::decimate})
      CHECK_MESSAGE(kinds.count(kind), name(kind));
  }
};

bool is_legacy(std::string_view mnemonic) { return mnemonic[0] != 'v'; }

void check_line(const std::string& text, std::string_view backend) {
  CAPTURE(text);
  const std::string mnemonic = text.substr(0, text.find(' '));
  if (backend == "sse") {
    CHECK(is_legacy(mnemonic));
    for (const char* newer :
         {"pmulld", "round", "blendv", "pmaxsd", "pminsd", "insertps", "extractps", "pshufb", "hadd", "movddup"})
      CHECK_EQ(mnemonic.find(newer), std::string::npos);
  } else if (text.find("mm") != std::string::npos) {
    CHECK_FALSE(is_legacy(mnemonic));  // one legacy SSE instruction costs a state transition
  }
  if (backend == "avx2") CHECK_EQ(text.find("zmm"), std::string::npos);
}

}  // namespace

TEST_CASE("a listing stays inside its instruction set: SSE2 alone, or VEX and EVEX alone") {
  for (const Backend* backend : jit_here())
    for (const uint32_t width : {0u, backend->width()}) {
      const Prepared p(width);
      const Result<Code> code = backend->compile(p.ir, p.plan, true);
      REQUIRE(code);
      CHECK_GT(code->listing.size(), 100);
      bool some_from_ir = false;
      for (const ListingLine& line : code->listing) {
        some_from_ir |= line.inst != UINT32_MAX;
        if (line.inst != UINT32_MAX) CHECK_LT(line.inst, p.ir.size());
        check_line(line.text, backend->name());
      }
      CHECK(some_from_ir);
      ran_on(backend->name());
    }
}

#if defined(__x86_64__) && defined(__linux__)
// Calls code(block) with known values in rbx, r12 … r15 and notes what they are afterwards.
extern "C" void sinter_test_call(jit::Segment::Code code, const Block* block, const uint64_t* before, uint64_t* after);
asm(R"(
  .pushsection .text
  .globl sinter_test_call
  sinter_test_call:
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  sub $24, %rsp
  mov %rcx, (%rsp)
  mov %rdi, %rax
  mov %rsi, %rdi
  mov (%rdx), %rbx
  mov 8(%rdx), %r12
  mov 16(%rdx), %r13
  mov 24(%rdx), %r14
  mov 32(%rdx), %r15
  call *%rax
  mov (%rsp), %rcx
  mov %rbx, (%rcx)
  mov %r12, 8(%rcx)
  mov %r13, 16(%rcx)
  mov %r14, 24(%rcx)
  mov %r15, 32(%rcx)
  add $24, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret
  .popsection
)");

TEST_CASE("registers that belong to the caller come back as they were") {
  for (size_t turn = 0; turn < 6; ++turn) {
    const size_t level = turn / 2;
    if (!jit_backends()[level]->available()) continue;
    const Prepared p(turn % 2 ? jit_backends()[level]->width() : 0);
    const Result<jit::Generated> code = jit::generate(p.ir, p.plan, jit::kIsas[level], false);
    REQUIRE(code);
    REQUIRE_EQ(code->segments.size(), 1);
    // No frames: every loop is set up and none runs, so that all areas may be one.
    std::vector<uint64_t> memory(1 << 17, 0);
    uint8_t* area = reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(memory.data()) + 63) / 64 * 64);
    const std::vector<float*> rows(10'000, reinterpret_cast<float*>(area));
    const std::vector<uint8_t*> rings(10, area);
    Block block;
    block.controls = block.state = block.buffers = block.probes = block.scratch = area;
    block.rings = rings.data();
    block.tables = block.rows = block.outputs = rows.data();
    block.inputs = rows.data();
    const uint64_t before[5] = {0x1234567890abcdefu, 0xfedcba0987654321u, 0x1111222233334444u, 0x5555666677778888u,
                                ~0ull};
    uint64_t after[5] = {};
    sinter_test_call(code->segments[0].code, &block, before, after);
    for (int i = 0; i < 5; ++i) CHECK_EQ(after[i], before[i]);
    ran_on(jit_backends()[level]->name());
  }
}
#endif
