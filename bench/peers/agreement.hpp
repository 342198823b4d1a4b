// Whether two programs compute the same thing: impulse and noise through both, compared sample by sample.
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
/// +∞ where channels differ or something is not finite, −∞ where all samples are equal.
double difference_db(const Responses& truth, const Responses& one, uint32_t lag);

}  // namespace sinter::peers
