// Whether two programs compute the same thing: impulse and noise through both, compared sample by sample or, where they
// are random, by spectrum.
#pragma once

#include "rows.hpp"
#include "runner.hpp"

namespace sinter::peers {

/// What a program gives for an impulse in every input and for noise; one run of its own where it has no inputs.
struct Responses {
  std::vector<Rows> signals;
};
Responses respond(Runner& runner);

/// Energy of the difference over energy of `truth`, in dB, the worse of the signals; `one` comes `lag` frames later.
/// +∞ where channels differ, something is not finite or `truth` is silent, −∞ where all samples are equal.
double difference_db(const Responses& truth, const Responses& one, uint32_t lag);

/// The same of the powers in 17 bands from 0 Hz to half the sample rate, squared and summed over all bands.
double spectral_difference_db(const Responses& truth, const Responses& one);

}  // namespace sinter::peers
