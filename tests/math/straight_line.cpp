// One loop per op over a chunk of elements; contraction marks a product dead and its addition an fma.
#include "straight_line.hpp"

#include <algorithm>

#include "sinter/base/fp_mode.hpp"
#include "sinter/ir/meaning.hpp"

namespace sinter::test {

StraightLine::StraightLine(Type type, const Formula& formula, Contract contract) {
  Ir ir;
  ir.real = type;
  ir.inputs = {{"x", 1}, {"y", 1}};
  Builder b(ir);
  const Signal x = b.input(0), y = b.input(1);
  const Signal result = formula(x, y);
  x_ = x.value.index;
  y_ = y.value.index;
  result_ = result.value.index;
  last_ = ir.size() - 1;
  slots_.resize(size_t{ir.size()} * kChunk);
  fill_constants(ir);
  plan(ir, result.value, contract);
}

void StraightLine::fill_constants(const Ir& ir) {
  for (uint32_t v = 0; v < ir.size(); ++v) {
    if (ir.insts[v].op != Op::constant) continue;
    const uint64_t imm = ir.insts[v].imm;
    if (ir.insts[v].type == Type::f64) std::fill_n(slot<double>(v), kChunk, as_f64(imm));
    else std::fill_n(slot<int32_t>(v), kChunk, as_i32(imm));
  }
}

void StraightLine::plan(const Ir& ir, Value result, Contract contract) {
  std::vector<uint32_t> uses(ir.size());
  std::vector<bool> needed(ir.size());
  needed[result.index] = true;
  for (uint32_t v = ir.size(); v-- > 0;)
    for (uint32_t i = 0; needed[v] && i < arg_count(ir, ir.insts[v]); ++i) {
      const uint32_t from = arg(ir, ir.insts[v], i).index;
      needed[from] = true;
      ++uses[from];
    }
  std::vector<Step> reversed;
  for (uint32_t v = ir.size(); v-- > 0;) {
    const Inst& inst = ir.insts[v];
    if (!needed[v] || inst.op == Op::constant || inst.op == Op::input) continue;
    const uint32_t typed = inst.op == Op::select ? 1 : 0;
    Step step{inst.op,   inst.type, ir[inst.arg[typed]].type,
              inst.imm2, v,         {inst.arg[0].index, inst.arg[1].index, inst.arg[2].index},
              false,     false};
    if ((inst.op == Op::add || inst.op == Op::sub) && !inst.exact && contract != Contract::none)
      for (uint32_t order = 0; order < 2; ++order) {
        const uint32_t side = contract == Contract::first ? order : 1 - order;
        const Inst& product = ir[inst.arg[side]];
        if (product.op != Op::mul || product.exact || uses[inst.arg[side].index] != 1) continue;
        step.op = Op::fma;
        step.arg[2] = inst.arg[1 - side].index;
        step.arg[0] = product.arg[0].index;
        step.arg[1] = product.arg[1].index;
        step.negate_product = inst.op == Op::sub && side == 1;
        step.negate_addend = inst.op == Op::sub && side == 0;
        needed[inst.arg[side].index] = false;
        break;
      }
    reversed.push_back(step);
  }
  steps_.assign(reversed.rbegin(), reversed.rend());
}

// A missing argument points at some slot: it is read and not used.
template <Signature S, class T, class F>
void StraightLine::loop(const Step& step, uint32_t count, F f) {
  using First = std::conditional_t<S == Signature::T_MTT, Mask, T>;
  using Result = decltype(f(First{}, T{}, T{}, 0));
  const First* a = slot<First>(step.arg[0]);
  const T* b = slot<T>(std::min(step.arg[1], last_));
  const T* c = slot<T>(std::min(step.arg[2], last_));
  Result* out = slot<Result>(step.result);
  const int shift = static_cast<int>(step.imm2);
  for (uint32_t i = 0; i < count; ++i) out[i] = f(a[i], b[i], c[i], shift);
}

template <Signature S, class F>
void StraightLine::dispatch(const Step& step, uint32_t count, F f) {
  using enum Signature;
  if constexpr (S == R_RR || S == R_R || S == R_RRR || S == M_RR || S == I_R) {
    if (step.argument == Type::f64) loop<S, double>(step, count, f);
    else loop<S, float>(step, count, f);
  } else if constexpr (S == T_MTT) {
    if (step.argument == Type::f64) loop<S, double>(step, count, f);
    else if (step.argument == Type::f32) loop<S, float>(step, count, f);
    else if (step.argument == Type::i32) loop<S, int32_t>(step, count, f);
    else loop<S, Mask>(step, count, f);
  } else if constexpr (S == M_MM || S == M_M) loop<S, Mask>(step, count, f);
  else if constexpr (S == F_D || S == I_D || S == D_D) loop<S, double>(step, count, f);
  else if constexpr (S == D_F || S == I_F) loop<S, float>(step, count, f);
  else loop<S, int32_t>(step, count, f);
}

template <class T>
void StraightLine::fuse(const Step& step, uint32_t count) {
  const T *a = slot<T>(step.arg[0]), *b = slot<T>(step.arg[1]), *c = slot<T>(step.arg[2]);
  T* out = slot<T>(step.result);
  const T product = step.negate_product ? T(-1) : T(1), addend = step.negate_addend ? T(-1) : T(1);
  for (uint32_t i = 0; i < count; ++i) out[i] = meaning::fma(a[i] * product, b[i], c[i] * addend);
}

void StraightLine::run_step(const Step& step, uint32_t elements) {
  if (step.op == Op::fma) return step.type == Type::f64 ? fuse<double>(step, elements) : fuse<float>(step, elements);
  switch (step.op) {
#define SINTER_OP(name, sig, flags, meaning, x86, doc)                                                       \
  case Op::name:                                                                                             \
    if constexpr (Signature::sig != Signature::X)                                                            \
      dispatch<Signature::sig>(step, elements,                                                               \
                               []([[maybe_unused]] auto a, [[maybe_unused]] auto b, [[maybe_unused]] auto c, \
                                  [[maybe_unused]] int count) { return meaning; });                          \
    break;
#include "sinter/ir/ops.def"
#undef SINTER_OP
  }
}

template <class T>
void StraightLine::run(const std::vector<T>& x, const std::vector<T>& y, std::vector<T>& out) {
  out.resize(x.size());
  with_audio_fp([&] {
    for (size_t at = 0; at < x.size(); at += kChunk) {
      const uint32_t count = static_cast<uint32_t>(std::min<size_t>(kChunk, x.size() - at));
      std::copy_n(x.data() + at, count, slot<T>(x_));
      if (!y.empty()) std::copy_n(y.data() + at, count, slot<T>(y_));
      for (const Step& step : steps_) run_step(step, count);
      std::copy_n(slot<T>(result_), count, out.data() + at);
    }
  });
}

template void StraightLine::run(const std::vector<float>&, const std::vector<float>&, std::vector<float>&);
template void StraightLine::run(const std::vector<double>&, const std::vector<double>&, std::vector<double>&);

}  // namespace sinter::test
