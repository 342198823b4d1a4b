// Units at ports: a parameter or a quantity that stands alone must mean what the port means.
#include <algorithm>
#include <cmath>

#include "numbers.hpp"
#include "scope.hpp"

namespace sinter {
namespace {

std::string quoted(Unit unit) { return unit == Unit::none ? "no unit" : "'" + std::string(name(unit)) + "'"; }

/// How to write a parameter of one unit where another is wanted.
std::string mend(Unit from, Unit to, const std::string& x) {
  if (from == Unit::decibel && to == Unit::gain) return "write db(" + x + ")";
  if (from == Unit::gain && to == Unit::decibel) return "write to_db(" + x + ")";
  if (from == Unit::semitones && to == Unit::hertz) return "write mtof(" + x + "), or 440 * 2^(" + x + " / 12)";
  if (from == Unit::hertz && to == Unit::semitones) return "write ftom(" + x + ")";
  if ((from == Unit::seconds && to == Unit::hertz) || (from == Unit::hertz && to == Unit::seconds))
    return "write 1 / " + x;
  if (from == Unit::samples && to == Unit::seconds) return "write " + x + " / sr";
  if (from == Unit::seconds && to == Unit::samples) return "write " + x + " * sr";
  if (from == Unit::beats && to == Unit::seconds) return "write " + x + " * 60 / bpm";
  if (from == Unit::beats && to == Unit::hertz) return "write bpm / 60 / " + x;
  if (from == Unit::seconds && to == Unit::beats) return "write " + x + " * bpm / 60";
  if (from == Unit::percent) return "write " + x + " / 100";
  if (to == Unit::percent) return "write " + x + " * 100";
  return "give the parameter the unit " + quoted(to) + ", or write 1 * " + x + " where that is what you mean";
}

/// What a quantity is once it has been converted.
Unit converted(std::string_view unit) {
  if (unit == "Hz" || unit == "kHz") return Unit::hertz;
  if (unit == "dB") return Unit::gain;
  if (unit == "%" || unit == "st") return Unit::none;
  return Unit::seconds;
}

/// Fractions and ratios fit wherever the port's own number is one.
bool fits(std::string_view unit, Unit port) {
  if (port == Unit::none) return true;
  if (unit == "%") return port == Unit::gain || port == Unit::turns;
  if (unit == "st") return false;
  return converted(unit) == port;
}

std::string quantity_mend(const Expr& expr, Unit port) {
  const std::string number = print_decimal(expr.value), text = print(expr);
  const bool as_it_stands =
      (expr.text == "dB" && port == Unit::decibel) || (expr.text == "%" && port == Unit::percent) ||
      (expr.text == "st" && port == Unit::semitones) || (expr.text == "samples" && port == Unit::samples) ||
      (expr.text == "beats" && port == Unit::beats);
  if (as_it_stands) return "its numbers are in " + std::string(name(port)) + " as they stand: write " + number;
  if (converted(expr.text) == Unit::seconds && port == Unit::samples) return "write " + text + " * sr";
  if (converted(expr.text) == Unit::seconds && port == Unit::hertz) return "write 1 / " + text;
  if (converted(expr.text) == Unit::hertz && port == Unit::seconds) return "write 1 / " + text;
  if (expr.text == "st" && port == Unit::hertz)
    return "it is a ratio: multiply it with a frequency, such as 440 * " + text;
  return "use a number or a quantity in " + quoted(port);
}

}  // namespace

void check_port_value(const Scope& scope, const std::string& about, const Expr& expr, std::string_view port, Unit unit,
                      double minimum, double maximum) {
  const std::string at = "the input '" + std::string(port) + "'";
  if (expr.kind == ExprKind::param) {
    const Entity* found = scope.find(expr.text);
    if (!found || found->kind != Entity::param) return;
    const Unit own = scope.body.params[found->index].unit;
    if (own == unit || own == Unit::none || unit == Unit::none) return;
    return scope.report.error(Errc::unit_mismatch, expr.span, about,
                              "$" + expr.text + " is in " + quoted(own) + " and " + at + " wants " + quoted(unit) +
                                  "; " + mend(own, unit, "$" + expr.text));
  }
  if (expr.kind == ExprKind::quantity && !fits(expr.text, unit))
    return scope.report.error(
        Errc::bad_unit, expr.span, about,
        print(expr) + " does not fit " + at + ", which is in " + quoted(unit) + "; " + quantity_mend(expr, unit));
  double value = 0;
  if (!literal_value(expr, value) || (value >= minimum && value <= maximum)) return;
  scope.report.warn(Errc::clipped_literal, expr.span, about,
                    print(expr) + " is outside the range of " + at + ", " + print_decimal(minimum) + " to " +
                        print_decimal(maximum) + ", and becomes " + print_decimal(std::clamp(value, minimum, maximum)));
}

void check_forwarded(const Scope& scope, const Node& node, const GraphParam& outer, const GraphParam& inner) {
  if (outer.unit == inner.unit || outer.unit == Unit::none || inner.unit == Unit::none) return;
  scope.report.error(Errc::unit_mismatch, node.span, scope.prefix + node.id,
                     "\"*\" hands on $" + outer.id + " in " + quoted(outer.unit) + ", and '" + node.type + "' wants " +
                         quoted(inner.unit) + "; connect it: \"" + inner.id + "\": ..., and " +
                         mend(outer.unit, inner.unit, "$" + outer.id));
}

}  // namespace sinter
