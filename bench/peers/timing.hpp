// Times of many runners in one process, in turns, so that what disturbs the machine disturbs all alike.
#pragma once

#include "runner.hpp"

namespace sinter::peers {

struct TimingOptions {
  uint32_t rounds = 81;
  double batch_us = 250;  ///< of one reading
};

/// ns per frame.
struct Timing {
  double median = 0, minimum = 0;
};

/// [runner][block size]. Denormals are zero for all.
std::vector<std::vector<Timing>> measure(const std::vector<Runner*>& runners, const std::vector<uint32_t>& blocks,
                                         const TimingOptions& options);

/// Binds this thread to one processor; negative: the one it runs on. The number, or −1 where the system refuses.
int pin_to_processor(int number);

}  // namespace sinter::peers
