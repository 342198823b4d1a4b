// The kernels of the op table: the reference meaning of each op, over all lanes of a value.
#include <cassert>

#include "entry.hpp"
#include "sinter/ir/meaning.hpp"

namespace sinter::interpret {
namespace {

constexpr int arity_of(Signature s) {
  using enum Signature;
  if (s == R_RRR || s == T_MTT) return 3;
  return s == R_RR || s == M_RR || s == M_MM || s == I_II || s == M_II ? 2 : 1;
}

// F is a captureless lambda of an op's meaning over (a, b, c, count). Strides are read once: a store through a byte
// pointer could change them for all the compiler knows.
template <int kArity, class F, class A, class T>
void each_lane(const Entry& e, const Context& x) noexcept {
  using R = decltype(F{}(A{}, T{}, T{}, 0));
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  const uint8_t* b = kArity > 1 ? x.at(e.b) : nullptr;
  const uint8_t* c = kArity > 2 ? x.at(e.c) : nullptr;
  const int count = static_cast<int>(e.imm);
  const auto one = [&] {
    T second{}, third{};
    if constexpr (kArity > 1) second = load<T>(b);
    if constexpr (kArity > 2) third = load<T>(c);
    store<R>(r, F{}(load<A>(a), second, third, count));
  };
  const uint32_t lanes = e.lanes;
  if (lanes == 1) return one();
  const uint32_t a_stride = e.a.stride, b_stride = e.b.stride, c_stride = e.c.stride;
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    one();
    r += sizeof(R);
    a += a_stride;
    if constexpr (kArity > 1) b += b_stride;
    if constexpr (kArity > 2) c += c_stride;
  }
}

template <Signature S, class F>
Kernel choose(F, Type type) {
  using enum Signature;
  constexpr int kArity = arity_of(S);
  if constexpr (S == R_RR || S == R_R || S == R_RRR || S == M_RR || S == I_R) {
    return type == Type::f64 ? each_lane<kArity, F, double, double> : each_lane<kArity, F, float, float>;
  } else if constexpr (S == T_MTT) {
    switch (type) {
      case Type::f64:
        return each_lane<3, F, Mask, double>;
      case Type::f32:
        return each_lane<3, F, Mask, float>;
      case Type::i32:
        return each_lane<3, F, Mask, int32_t>;
      case Type::mask:
        return each_lane<3, F, Mask, Mask>;
    }
    return nullptr;
  } else if constexpr (S == M_MM || S == M_M) {
    return each_lane<kArity, F, Mask, Mask>;
  } else if constexpr (S == F_D || S == I_D || S == D_D) {
    return each_lane<kArity, F, double, double>;
  } else if constexpr (S == D_F || S == I_F) {
    return each_lane<kArity, F, float, float>;
  } else {
    return each_lane<kArity, F, int32_t, int32_t>;
  }
}

template <class T>
void copy(const Entry& e, const Context& x) noexcept {
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  const uint32_t lanes = e.lanes;
  if (lanes == 1) return store<T>(r, load<T>(a));
  const uint32_t stride = e.a.stride;
  for (uint32_t lane = 0; lane < lanes; ++lane, a += stride) store<T>(r + lane * sizeof(T), load<T>(a));
}

template <class T>
void relane(const Entry& e, const Context& x) noexcept {
  const Relane map = Relane::unpack(e.extra);
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  const uint32_t lanes = e.lanes, stride = e.a.stride;
  for (uint32_t lane = 0; lane < lanes; ++lane)
    store<T>(r + lane * sizeof(T), load<T>(a + size_t{map.source(lane)} * stride));
}

template <class T>
T sum(T a, T b) {
  if constexpr (std::is_same_v<T, int32_t>) return meaning::iadd(a, b);
  else return a + b;
}

template <class T>
void fold(const Entry& e, const Context& x) noexcept {
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  const uint64_t lanes = e.lanes, parts = e.extra, stride = e.a.stride;
  for (uint64_t lane = 0; lane < lanes; ++lane) {
    T total = load<T>(a + lane * stride);
    for (uint64_t from = lane + lanes; from < parts; from += lanes) total = sum(total, load<T>(a + from * stride));
    store<T>(r + lane * sizeof(T), total);
  }
}

void count(const Entry& e, const Context& x) noexcept {
  uint8_t* r = x.at(e.result);
  for (uint32_t lane = 0; lane < e.lanes; ++lane) store<uint32_t>(r + uint64_t{lane} * 4, lane);
}

}  // namespace

Kernel op_kernel(Op op, Type argument) {
  switch (op) {
#define SINTER_OP(opname, sig, flags, expression, x86, doc)                                                       \
  case Op::opname:                                                                                                \
    if constexpr (Signature::sig != Signature::X)                                                                 \
      return choose<Signature::sig>([]([[maybe_unused]] auto a, [[maybe_unused]] auto b, [[maybe_unused]] auto c, \
                                       [[maybe_unused]] int count) { return expression; },                        \
                                    argument);                                                                    \
    break;
#include "sinter/ir/ops.def"
#undef SINTER_OP
  }
  assert(!"a structural op has no kernel of the table");
  return nullptr;
}

Kernel copy_kernel(Type type) { return type == Type::f64 ? copy<uint64_t> : copy<uint32_t>; }
Kernel count_kernel() { return count; }
Kernel relane_kernel(Type type) { return type == Type::f64 ? relane<uint64_t> : relane<uint32_t>; }
Kernel fold_kernel(Type type) {
  return type == Type::f64 ? fold<double> : type == Type::f32 ? fold<float> : fold<int32_t>;
}

}  // namespace sinter::interpret
