// What a run found, as tables and as JSON.
#pragma once

#include <string>
#include <vector>

#include "pair.hpp"
#include "runner.hpp"
#include "timing.hpp"

namespace sinter::peers {

/// One way to run a pair, with what was found about it.
struct Contender {
  Side side;
  std::string name;
  double compile_ms = 0;
  double difference_db = 0;     ///< to the Faust program in double precision
  std::vector<Timing> timings;  ///< per block size
};

struct PairResult {
  Pair pair;
  double f64_db = 0;  ///< the patch in double precision to the Faust program in double precision
  std::vector<Contender> contenders;
  std::string problem;  ///< not empty: they do not agree, or one side could not be made; no part of the mean

  /// The fastest by median; null where the side has none.
  const Contender* best(Side side, size_t block) const;
  const Contender* best_faust(size_t block) const;
  /// Best Faust, or best of libfaust alone, over best Sinter, by medians; 0 where there is none.
  double ratio(size_t block, bool jit_only = false) const;
};

struct Report {
  std::string processor, compilers;
  double sample_rate = 48'000;
  std::vector<uint32_t> blocks;
  std::vector<PairResult> results;
  std::vector<std::string> remarks;

  /// Geometric mean of the ratios; yardsticks and pairs with problems do not count. 0 where none does.
  double mean_ratio(size_t block, bool jit_only = false) const;
};

std::string text_report(const Report& report);
std::string json_report(const Report& report);

}  // namespace sinter::peers
