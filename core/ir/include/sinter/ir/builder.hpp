// Builds IR: hash-consing, constant folding, and the rules by which values of different rates, types and lanes meet.
//
// Node definitions write plain formulas on Signal. Constants and controls are f64; where one meets a sample it enters
// sample code: a constant is narrowed, a control becomes a linear ramp, unless coefficient() asked for it as it stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sinter/ir/cons_table.hpp"
#include "sinter/ir/ir.hpp"

namespace sinter {

class Builder;

/// A value with its builder, so that formulas read as formulas. Cheap to copy; valid while the builder lives.
struct Signal {
  Builder* build = nullptr;
  Value value;

  Signal() = default;
  Signal(Builder* b, Value v) : build(b), value(v) {}
  bool valid() const { return value.valid(); }
  const Inst& inst() const;
  Rate rate() const { return inst().rate; }
  Type type() const { return inst().type; }
  uint32_t lanes() const { return inst().lanes; }
};

struct BuilderOptions {
  bool fold = true;  ///< evaluate ops of literals at once
  bool cons = true;  ///< one inst for equal computations
};

/// Control thread only. Throws nothing; going over kMaxValues or kMaxLanes sets overflow() and returns value 0.
class Builder {
 public:
  explicit Builder(Ir& ir, BuilderOptions options = {});

  Ir& ir() { return ir_; }
  bool overflow() const { return overflow_; }

  /// The clock of samples made from here on, and the path recorded as their origin.
  void set_clock(uint8_t clock) { clock_ = clock; }
  uint8_t clock() const { return clock_; }
  void set_origin(std::string_view path);
  /// Until reset, arithmetic made here is never contracted (error-free transformations).
  void set_exact(bool exact) { exact_ = exact; }

  // Sources
  Signal constant(double value);             ///< f64 literal
  Signal literal(Type type, uint64_t bits);  ///< literal of any type
  Signal integer(int32_t value);             ///< i32 literal
  Signal truth(bool value);                  ///< mask literal
  Signal sample_rate();                      ///< f64 literal: local sample rate in Hz (base rate × clock)
  Signal input(uint32_t index);
  Signal param(uint32_t index);
  Signal lane(uint32_t lanes);  ///< i32, 0 … lanes − 1
  Signal frame();
  Signal cell_start();

  // Ops of the table: arguments are coerced as described above
  Signal op(Op op, Signal a, Signal b = {}, Signal c = {}, uint32_t imm2 = 0);
  Signal select(Signal mask, Signal then, Signal otherwise) { return op(Op::select, mask, then, otherwise); }

  /// x as a recurrence coefficient: a control stays constant through its cell instead of ramping; samples pass.
  Signal coefficient(Signal x);
  /// x as sample code sees it: constants narrowed, controls as ramps; samples, i32 and masks pass.
  Signal enter(Signal x);
  /// x sampled at grid lines and constant between them; constants pass, controls stay as they stand (coefficient()).
  Signal hold_cell(Signal x, std::string key);

  // State
  Signal state(std::string key, Type type, uint32_t lanes, uint64_t init = 0);  ///< declares; returns its prev
  void next(Signal state_prev, Signal value);                                   ///< value spread to the state's lanes
  uint32_t line(std::string key, uint32_t lanes, uint32_t max_delay_samples);   ///< declares; index
  Signal push(uint32_t line, Signal value);                                     ///< non-finite values are stored as 0
  /// Whole-sample tap. `pushed` (the push) where a delay of 0 is allowed, else `minimum` ≥ 1 is proven or clamped to.
  Signal tap(uint32_t line, Signal delay_i32, uint32_t minimum, Signal pushed = {});
  uint32_t table(TableDecl table);
  Signal table_get(uint32_t table, Signal index_i32);

  // Instances and clocks
  Signal relane(Signal x, Relane map, uint32_t lanes);
  Signal extract(Signal x, uint32_t lane) { return relane(x, {.offset = lane}, 1); }
  Signal stack(const std::vector<Signal>& parts);
  Signal fold(Signal x, uint32_t lanes);
  /// Sum over channels in the one order every width gives: 16 partial sums by index mod 16, then pairwise. `width` > 1
  /// folds to that many channels: channel c sums the channels ≡ c mod width.
  Signal sum(Signal x, uint32_t width = 1);
  Signal upsample(Signal x,
                  uint8_t factor);  ///< called at the clock of x; a constant or held control is stuffed with zeros too
  Signal decimate(Signal x, uint8_t factor);

  // Calls and roots
  Signal call(CallDecl decl, const std::vector<Signal>& inputs);  ///< the call; its outputs by call_output
  Signal call_output(Signal call, uint32_t output);
  void output(uint32_t index, Signal value);
  void probe(std::string key, Signal value);

  /// The raw inst, folded and consed: passes that rebuild an Ir use it. Arguments are already of the right kind.
  Value add(Inst inst);
  Value add_variadic(Inst inst, const std::vector<Value>& args);

 private:
  Signal make(Inst inst) { return {this, add(inst)}; }
  Value literal_value(Type type, uint64_t bits);
  Value intern(const Inst& inst);
  Value store(const Inst& inst);
  void meet(Signal** args, uint32_t count);

  Ir& ir_;
  BuilderOptions options_;
  ConsTable table_;
  uint32_t origin_ = 0;
  uint8_t clock_ = 1;
  bool exact_ = false;
  bool overflow_ = false;
};

inline const Inst& Signal::inst() const { return build->ir()[value]; }

// Formulas. A plain number on one side is a constant.
#define SINTER_BINARY(symbol, opname)                                                                            \
  inline Signal operator symbol(Signal a, Signal b) { return a.build->op(Op::opname, a, b); }                    \
  inline Signal operator symbol(Signal a, double b) { return a.build->op(Op::opname, a, a.build->constant(b)); } \
  inline Signal operator symbol(double a, Signal b) { return b.build->op(Op::opname, b.build->constant(a), b); }
SINTER_BINARY(+, add)
SINTER_BINARY(-, sub)
SINTER_BINARY(*, mul)
SINTER_BINARY(/, div)
SINTER_BINARY(<, lt)
SINTER_BINARY(<=, le)
#undef SINTER_BINARY
inline Signal operator>(Signal a, Signal b) { return b < a; }
inline Signal operator>(Signal a, double b) { return a.build->constant(b) < a; }
inline Signal operator>=(Signal a, Signal b) { return b <= a; }
inline Signal operator>=(Signal a, double b) { return a.build->constant(b) <= a; }
inline Signal operator-(Signal a) { return a.build->op(Op::neg, a); }
inline Signal operator&&(Signal a, Signal b) { return a.build->op(Op::mask_and, a, b); }
inline Signal operator||(Signal a, Signal b) { return a.build->op(Op::mask_or, a, b); }
inline Signal operator!(Signal a) { return a.build->op(Op::mask_not, a); }
inline Signal equal(Signal a, Signal b) { return a.build->op(Op::eq, a, b); }
inline Signal equal(Signal a, double b) { return a.build->op(Op::eq, a, a.build->constant(b)); }
inline Signal min(Signal a, Signal b) { return a.build->op(Op::min, a, b); }
inline Signal max(Signal a, Signal b) { return a.build->op(Op::max, a, b); }
inline Signal min(Signal a, double b) { return a.build->op(Op::min, a, a.build->constant(b)); }
inline Signal max(Signal a, double b) { return a.build->op(Op::max, a, a.build->constant(b)); }
/// lo where x is NaN: safe as the last step before an index or a coefficient.
inline Signal clamp(Signal x, double lo, double hi) { return min(max(x, lo), hi); }
inline Signal clamp(Signal x, Signal lo, Signal hi) { return min(max(x, lo), hi); }
inline Signal sqrt(Signal a) { return a.build->op(Op::sqrt, a); }
inline Signal abs(Signal a) { return a.build->op(Op::abs, a); }
inline Signal floor(Signal a) { return a.build->op(Op::floor, a); }
inline Signal ceil(Signal a) { return a.build->op(Op::ceil, a); }
inline Signal trunc(Signal a) { return a.build->op(Op::trunc, a); }
inline Signal round(Signal a) { return a.build->op(Op::round, a); }
inline Signal select(Signal mask, Signal a, Signal b) { return mask.build->select(mask, a, b); }
inline Signal select(Signal mask, Signal a, double b) { return mask.build->select(mask, a, mask.build->constant(b)); }
inline Signal select(Signal mask, double a, Signal b) { return mask.build->select(mask, mask.build->constant(a), b); }
inline Signal select(Signal mask, double a, double b) {
  return mask.build->select(mask, mask.build->constant(a), mask.build->constant(b));
}

}  // namespace sinter
