// Comparing audio to the bit.
#pragma once

#include <string>
#include <vector>

namespace sinter::test {

/// "" where equal to the bit (NaN payloads aside), else where they first differ.
std::string difference(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b);

}  // namespace sinter::test
