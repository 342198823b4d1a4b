// The math library, built from ops, so that every executor computes the same bits and vectorises it for free.
//
// Each function takes f32 or f64 signals (constants and controls are f64) and returns the same type; of two arguments
// of different rates both enter sample code first. Stated maximum errors are for f32, in units in the last place
// against the exact result, with and without FMA contraction; f64 versions are within 4 ulp unless stated. Special
// values follow C's <math.h>. Denormals are zero, so a result within a few bits of the smallest normal number may be 0.
// docs/math.md has the measured errors and costs. Control thread (they build IR).
#pragma once

#include "sinter/ir/builder.hpp"

namespace sinter::math {

// Beyond |x| = 8192 the argument is reduced less and less exactly: sin and cos stay within −1 … 1, tan is some number
// or an infinity. All three are NaN at ±∞.
Signal sin(Signal x);              ///< ≤ 2.5 ulp for |x| ≤ 8192, absolute error 1e-8 near zeros
Signal cos(Signal x);              ///< ≤ 2.5 ulp for |x| ≤ 8192, absolute error 1e-8 near zeros
Signal tan(Signal x);              ///< ≤ 4 ulp for |x| ≤ 8192
Signal sin_turns(Signal x);        ///< sin(2πx), ≤ 4 ulp for any finite x: oscillators keep phases in turns
Signal asin(Signal x);             ///< ≤ 4 ulp
Signal acos(Signal x);             ///< ≤ 4 ulp
Signal atan(Signal x);             ///< ≤ 4 ulp
Signal atan2(Signal y, Signal x);  ///< ≤ 4 ulp, quadrants and zeros as C
Signal sinh(Signal x);             ///< ≤ 4 ulp
Signal cosh(Signal x);             ///< ≤ 4 ulp
Signal tanh(Signal x);             ///< ≤ 4 ulp, never beyond ±1
Signal exp(Signal x);              ///< ≤ 2.5 ulp, results below 2^-126 are 0
Signal exp2(Signal x);             ///< ≤ 2.5 ulp, exact at whole numbers
Signal expm1(Signal x);            ///< ≤ 4 ulp
Signal log(Signal x);              ///< ≤ 2.5 ulp; −inf at 0, NaN below
Signal log2(Signal x);             ///< ≤ 2.5 ulp, exact at powers of two
Signal log10(Signal x);            ///< ≤ 4 ulp
Signal log1p(Signal x);            ///< ≤ 4 ulp
Signal pow(Signal x, Signal y);    ///< ≤ 4 ulp for x in 1e-6 … 1e6 and normal results; special cases as C's pow
Signal mod(Signal x, Signal y);    ///< x − y·floor(x / y): the sign of y
Signal fract(Signal x);            ///< x − floor(x): 0 ≤ r < 1 (1 − 2^-24 at most)
Signal sign(Signal x);             ///< −1, 0 or 1
Signal db(Signal x);               ///< decibel to linear gain, 10^(x/20), ≤ 4 ulp
Signal to_db(Signal x);            ///< linear gain to decibel, 20·log10(|x|), ≤ 4 ulp
Signal mtof(Signal x);  ///< MIDI note to Hz, 440·2^((x−69)/12), ≤ 4 ulp for notes ≥ 0, exact at every A
Signal ftom(Signal x);  ///< Hz to MIDI note, ≤ 8 ulp (1e-5 of a semitone) for 20 Hz … 20 kHz

/// top / bottom = tan x for 0 ≤ x ≤ 0.49 π, where bottom > 0.06, as ranges prove too: what is made of a filter's corner
/// needs no division for it. top ≤ 4 ulp; bottom ≤ 2.5e-7 in all.
struct Ratio {
  Signal top, bottom;
};
Ratio tan_ratio(Signal x);

}  // namespace sinter::math
