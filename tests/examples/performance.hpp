// A second of music for any patch: something for each input, and notes where a patch plays them.
#pragma once

#include <memory>
#include <vector>

#include "sinter/sinter.hpp"

namespace sinter::test {

inline constexpr uint32_t kPerformanceFrames = 48'000;

/// The patch's output channels, in blocks of odd lengths. The first input gets plucked tones and hits, any other a
/// pulsing noise; keys from a kick drum's to a melody's are struck four times a second.
std::vector<std::vector<float>> perform(const std::shared_ptr<const Program>& program);

}  // namespace sinter::test
