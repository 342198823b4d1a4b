// See compare.hpp.
#include "compare.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace sinter::test {

std::string difference(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  if (a.size() != b.size()) return "different channel counts";
  for (size_t c = 0; c < a.size(); ++c)
    for (size_t f = 0; f < a[c].size(); ++f) {
      if (std::bit_cast<uint32_t>(a[c][f]) == std::bit_cast<uint32_t>(b[c][f])) continue;
      if (std::isnan(a[c][f]) && std::isnan(b[c][f])) continue;
      char text[160];
      std::snprintf(text, sizeof text, "channel %zu frame %zu: %.9g (%08x) against %.9g (%08x)", c, f, a[c][f],
                    std::bit_cast<uint32_t>(a[c][f]), b[c][f], std::bit_cast<uint32_t>(b[c][f]));
      return text;
    }
  return "";
}

}  // namespace sinter::test
