// How far a signal is from the truth: signal to error, and how much of the fast contract's bound it uses.
#pragma once

#include <vector>

namespace sinter::test {

using Audio = std::vector<std::vector<float>>;  ///< per channel

/// How much of the fast contract's bound an output uses, at most 100: err(fast) over 4 · err(strict f32) + 2^-20 ·
/// peak, in the worst channel and window of 64 frames. The strict error and the peak are those of the channel's whole
/// signal: two roundings of one recurrence err at different moments.
double use_of_bound(const Audio& exact, const Audio& strict, const Audio& fast);

/// 400 where the two are equal.
double signal_to_error_db(const Audio& exact, const Audio& got);

double largest_error(const Audio& exact, const Audio& got);

bool all_finite(const Audio& audio);

/// False where even strict f32 is not finite or within 40 dB of the truth: too chaotic to judge fast mode by.
bool comparable(const Audio& exact, const Audio& strict);

}  // namespace sinter::test
