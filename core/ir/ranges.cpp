// One forward sweep. Every rule gives the bounds of the exact result; `rounded` then makes them those of the type.
#include "sinter/ir/ranges.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

namespace sinter {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Interval kInt = {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};

// A cell's ramp is start + k · slope in the type of audio: its three roundings move it past an end by two ulps at most.
constexpr uint32_t kRampUlps = 2;

// Bounds in f32 or f64, `ulps` further out. What lies between 0 and the smallest normal number is 0 to all code.
template <class T>
Interval outward(Interval x, uint32_t ulps) {
  // The largest number is where an infinite bound would be as far out as one can tell.
  constexpr double kMost = std::numeric_limits<T>::max();
  T low = x.low < -kMost ? -std::numeric_limits<T>::infinity() : static_cast<T>(std::min(x.low, kMost));
  T high = x.high > kMost ? std::numeric_limits<T>::infinity() : static_cast<T>(std::max(x.high, -kMost));
  for (uint32_t i = 0; i < ulps; ++i) {
    low = std::nextafter(low, -std::numeric_limits<T>::infinity());
    high = std::nextafter(high, std::numeric_limits<T>::infinity());
  }
  constexpr T kNormal = std::numeric_limits<T>::min();
  return {std::abs(low) < kNormal ? 0 : low, std::abs(high) < kNormal ? 0 : high, x.nan};
}

Interval rounded(Type type, Interval x, uint32_t ulps = 1) {
  return type == Type::f64 ? outward<double>(x, ulps) : outward<float>(x, ulps);
}

bool endless(const Interval& x) { return x.low == -kInfinity || x.high == kInfinity; }

Interval add(const Interval& a, const Interval& b) {
  const bool cancels = (a.high == kInfinity && b.low == -kInfinity) || (a.low == -kInfinity && b.high == kInfinity);
  // An end that is inf − inf may be anything.
  const double low = a.low + b.low, high = a.high + b.high;
  return {std::isnan(low) ? -kInfinity : low, std::isnan(high) ? kInfinity : high, a.nan || b.nan || cancels};
}

Interval negated(const Interval& a) { return {-a.high, -a.low, a.nan}; }

// Bounds of f over the corners of two intervals; a corner that is no number is next to others that are 0.
template <class F>
Interval corners(const Interval& a, const Interval& b, bool or_nan, F&& f) {
  double c[] = {f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)};
  for (double& corner : c) corner = std::isnan(corner) ? 0 : corner;
  return {*std::min_element(c, c + 4), *std::max_element(c, c + 4), or_nan};
}

// A product by it is exact.
bool is_power_of_two(const Interval& a) {
  int exponent = 0;
  return a.low == a.high && std::abs(std::frexp(a.low, &exponent)) == 0.5;
}

Interval magnitude(const Interval& a) {
  const double most = std::max(-a.low, a.high);
  return {a.contains(0) ? 0 : std::min(std::abs(a.low), std::abs(a.high)), most, a.nan};
}

Interval mul(const Interval& a, const Interval& b) {
  const bool vanishes = (a.contains(0) && endless(b)) || (b.contains(0) && endless(a));
  return corners(a, b, a.nan || b.nan || vanishes, [](double x, double y) { return x * y; });
}

Interval square(const Interval& a) {
  const Interval m = magnitude(a);
  return {m.low * m.low, m.high * m.high, m.nan};
}

Interval div(const Interval& a, const Interval& b) {
  if (b.contains(0) || (endless(a) && endless(b))) return {};
  return corners(a, b, a.nan || b.nan, [](double x, double y) { return x / y; });
}

// b where either is NaN: then a bounds nothing.
Interval smaller(const Interval& a, const Interval& b) {
  return {std::min(a.low, b.low), a.nan ? b.high : std::min(a.high, b.high), b.nan};
}
Interval larger(const Interval& a, const Interval& b) {
  return {a.nan ? b.low : std::max(a.low, b.low), std::max(a.high, b.high), b.nan};
}

Interval either(const Interval& a, const Interval& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.nan || b.nan};
}

Interval root(const Interval& a) {
  return {std::sqrt(std::max(a.low, 0.0)), std::sqrt(std::max(a.high, 0.0)), a.nan || a.low < 0};
}

template <class F>
Interval monotone(const Interval& a, F&& f) {
  return {f(a.low), f(a.high), a.nan};
}

// Towards zero or to nearest, as `f` does; NaN and what does not fit become −2³¹.
template <class F>
Interval to_integer(const Interval& a, F&& f) {
  const Interval whole = monotone(a, f);
  return !whole.nan && whole.low >= kInt.low && whole.high <= kInt.high ? whole : kInt;
}

// Of an exact result: anything, once it wraps.
Interval wrapped(const Interval& exact) { return exact.low >= kInt.low && exact.high <= kInt.high ? exact : kInt; }

double all_bits_below(double x) { return static_cast<double>(std::bit_ceil(static_cast<uint64_t>(x) + 1) - 1); }

Interval common_bits(const Interval& a, const Interval& b) {
  if (a.low >= 0 && b.low >= 0) return {0, std::min(a.high, b.high)};
  if (a.low >= 0) return {0, a.high};
  return b.low >= 0 ? Interval{0, b.high} : kInt;
}

Interval joined_bits(const Interval& a, const Interval& b, double low) {
  return a.low >= 0 && b.low >= 0 ? Interval{low, all_bits_below(std::max(a.high, b.high))} : kInt;
}

Interval shifted_right(const Interval& a, uint32_t count, bool with_sign) {
  const double unit = std::ldexp(1.0, static_cast<int>(count));
  if (with_sign || count == 0 || a.low >= 0) return {std::floor(a.low / unit), std::floor(a.high / unit)};
  return {0, std::floor(4294967295.0 / unit)};
}

// To an infinity there is no slope.
Interval ramped(Type type, const Interval& a) {
  const Interval range = rounded(type, a, kRampUlps + 1);
  return endless(range) ? Interval{} : range;
}

Interval literal(const Inst& inst) {
  if (inst.type == Type::mask) return {};
  const double x = inst.type == Type::f32   ? as_f32(inst.imm)
                   : inst.type == Type::f64 ? as_f64(inst.imm)
                                            : as_i32(inst.imm);
  if (std::isnan(x)) return {};
  return inst.type == Type::i32 ? Interval{x, x} : rounded(inst.type, {x, x}, 0);
}

// The engine clamps parameters, controllers and the tempo. Beats and what notes set are as hosts and players send them.
Interval param(const Ir& ir, const ParamDecl& decl) {
  if (decl.role == ControlRole::beat || decl.role == ControlRole::bar || decl.role == ControlRole::voice) return {};
  // A glide adds up its steps, one a cell: a rounding each.
  const double cells = decl.smooth_seconds * ir.sample_rate / kGridFrames + 1;
  const double slack = cells * std::numeric_limits<double>::epsilon();
  return {decl.minimum - std::abs(decl.minimum) * slack, decl.maximum + std::abs(decl.maximum) * slack};
}

Interval elements(const TableDecl& table) {
  if (table.writable || table.data.empty()) return {};
  Interval range = {kInfinity, -kInfinity};
  for (const float x : table.data) {
    if (std::isnan(x)) return {};
    range = {std::min<double>(range.low, x), std::max<double>(range.high, x)};
  }
  return rounded(Type::f32, range, 0);
}

class Sweep {
 public:
  Sweep(const Ir& ir, const std::vector<Interval>& ranges, const std::vector<Interval>& tables)
      : ir_(ir), ranges_(ranges), tables_(tables) {}

  Interval of(const Inst& inst) const {
    if (inst.type == Type::mask) return {};
    return inst.type == Type::i32 ? integer(inst) : real(inst);
  }

 private:
  const Interval& a(const Inst& inst, uint32_t i = 0) const { return ranges_[inst.arg[i].index]; }

  Interval real(const Inst& inst) const {
    const auto fit = [&](const Interval& exact) { return rounded(inst.type, exact); };
    const auto whole = [&](double (*f)(double)) { return monotone(a(inst), f); };
    switch (inst.op) {
      case Op::add:
        return fit(add(a(inst), a(inst, 1)));
      case Op::sub:
        return difference(inst);
      case Op::mul:
        return rounded(inst.type, product(inst), is_power_of_two(a(inst)) || is_power_of_two(a(inst, 1)) ? 0 : 1);
      case Op::fma:
        return fit(add(product(inst), a(inst, 2)));
      case Op::div:
        return fit(div(a(inst), a(inst, 1)));
      case Op::min:
        return smaller(a(inst), a(inst, 1));
      case Op::max:
        return larger(a(inst), a(inst, 1));
      case Op::sqrt:
        return fit(root(a(inst)));
      case Op::neg:
        return negated(a(inst));
      case Op::abs:
        return magnitude(a(inst));
      case Op::floor:
        return whole(std::floor);
      case Op::ceil:
        return whole(std::ceil);
      case Op::trunc:
        return whole(std::trunc);
      case Op::round:
        return whole(std::nearbyint);
      case Op::mantissa:
        return {1, 2};
      case Op::power_of_two:
        return a(inst).low >= -1022 && a(inst).high <= 1023 ? monotone(a(inst), [](double x) { return std::exp2(x); })
                                                            : Interval{};
      case Op::to_f32:
      case Op::to_f64:
      case Op::narrow:
      case Op::widen:
      case Op::hold:
        return rounded(inst.type, a(inst), 0);
      case Op::ramp:
        return ramped(inst.type, a(inst));
      case Op::param:
        return param(ir_, ir_.params[inst.imm]);
      case Op::table_get:
        return tables_[inst.imm];
      default:
        return passed_on(inst);
    }
  }

  // Less its whole part, a number is a fraction, which rounding keeps between these bounds: what is left of a phase.
  Interval difference(const Inst& inst) const {
    const Inst& whole = ir_[inst.arg[1]];
    const bool fraction = (whole.op == Op::floor || whole.op == Op::round) && whole.arg[0] == inst.arg[0];
    if (fraction && !endless(a(inst)))
      return whole.op == Op::floor ? Interval{0, 1, a(inst).nan} : Interval{-0.5, 0.5, a(inst).nan};
    return rounded(inst.type, add(a(inst), negated(a(inst, 1))));
  }

  Interval product(const Inst& inst) const {
    if (inst.arg[0] == inst.arg[1]) return square(a(inst));
    for (uint32_t i = 0; i < 2; ++i) {
      if (const auto scaled = scaled_square(inst.arg[i], ir_[inst.arg[1 - i]])) return *scaled;
      if (const auto arch = parabola(inst.arg[i], ir_[inst.arg[1 - i]])) return *arch;
    }
    return mul(a(inst), a(inst, 1));
  }

  // x · (c · x).
  std::optional<Interval> scaled_square(Value x, const Inst& product) const {
    if (product.type != Type::f32) return std::nullopt;
    if (product.op != Op::mul || (product.arg[0] != x && product.arg[1] != x)) return std::nullopt;
    const Interval& c = ranges_[product.arg[product.arg[0] == x].index];
    // The inner product is rounded, which moves the outer one by no more than an ulp.
    if (c.low != c.high) return std::nullopt;
    return outward<float>(mul(c, square(ranges_[x.index])), 1);
  }

  // x · (c − |x|), from which sines are made: at most c²/4 while |x| ≤ c.
  std::optional<Interval> parabola(Value x, const Inst& gap) const {
    if (gap.op != Op::sub || ir_[gap.arg[1]].op != Op::abs || ir_[gap.arg[1]].arg[0] != x) return std::nullopt;
    const Interval& c = ranges_[gap.arg[0].index];
    const Interval& of = ranges_[x.index];
    if (c.low != c.high || magnitude(of).high > c.low) return std::nullopt;
    return Interval{-c.low * c.low / 4, c.low * c.low / 4, of.nan};
  }

  Interval integer(const Inst& inst) const {
    switch (inst.op) {
      case Op::iadd:
        return wrapped(add(a(inst), a(inst, 1)));
      case Op::isub:
        return wrapped(add(a(inst), negated(a(inst, 1))));
      case Op::imul:
        return wrapped(product(inst));
      case Op::iand:
        return common_bits(a(inst), a(inst, 1));
      case Op::ior:
        return joined_bits(a(inst), a(inst, 1), std::max(a(inst).low, a(inst, 1).low));
      case Op::ixor:
        return joined_bits(a(inst), a(inst, 1), 0);
      case Op::ishl: {
        const double unit = std::ldexp(1.0, static_cast<int>(inst.imm2));
        return wrapped({a(inst).low * unit, a(inst).high * unit});
      }
      case Op::ishr:
        return shifted_right(a(inst), inst.imm2, true);
      case Op::ushr:
        return shifted_right(a(inst), inst.imm2, false);
      case Op::to_int:
        return to_integer(a(inst), [](double x) { return std::trunc(x); });
      case Op::to_int_round:
        return to_integer(a(inst), [](double x) { return std::nearbyint(x); });
      case Op::exponent:
        return {-1023, 1024};
      case Op::lane:
        return {0, inst.lanes - 1.0};
      default: {
        const Interval passed = passed_on(inst);
        return passed.nan ? kInt : passed;
      }
    }
  }

  // What chooses among its arguments, or shows them elsewhere.
  Interval passed_on(const Inst& inst) const {
    switch (inst.op) {
      case Op::constant:
        return literal(inst);
      case Op::select:
        return either(a(inst, 1), a(inst, 2));
      case Op::upsample:
        return either(a(inst), {0, 0});
      case Op::relane:
      case Op::decimate:
      case Op::next:
      case Op::push:
      case Op::output:
      case Op::probe:
        return a(inst);
      case Op::stack: {
        Interval all = ranges_[arg(ir_, inst, 0).index];
        for (uint32_t i = 1; i < arg_count(ir_, inst); ++i) all = either(all, ranges_[arg(ir_, inst, i).index]);
        return all;
      }
      default:
        return {};
    }
  }

  const Ir& ir_;
  const std::vector<Interval>& ranges_;
  const std::vector<Interval>& tables_;
};

}  // namespace

Ranges::Ranges(const Ir& ir, const std::vector<bool>& live) : ranges_(ir.size()) {
  for (const TableDecl& table : ir.tables) tables_.push_back(elements(table));
  const Sweep sweep(ir, ranges_, tables_);
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (live[i]) ranges_[i] = sweep.of(ir.insts[i]);
}

void Ranges::extend(const Ir& ir) {
  while (tables_.size() < ir.tables.size()) tables_.push_back(elements(ir.tables[tables_.size()]));
  const Sweep sweep(ir, ranges_, tables_);
  while (ranges_.size() < ir.size()) ranges_.push_back(sweep.of(ir.insts[ranges_.size()]));
}

uint32_t least_delay(const Ir& ir, const Ranges& ranges, const Inst& tap) {
  const double proven = std::clamp(ranges.low(tap.arg[0]), 0.0, static_cast<double>(ir.lines[tap.imm].max_delay));
  return std::max(tap.imm2, static_cast<uint32_t>(proven));
}

}  // namespace sinter
