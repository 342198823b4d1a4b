// Decoding of steps into ops over rows: registers are rows of the scratch, used again after a last use.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "row_kernels.hpp"
#include "sinter/base/poll.hpp"

namespace sinter::interpret {

/// Rows of equal elements, one per distinct literal, that live as long as the executor.
class LiteralRows {
 public:
  const uint8_t* row(const Inst& inst);

 private:
  struct Row {
    alignas(64) uint64_t words[kRowSamples];
  };
  std::deque<Row> rows_;
  std::map<std::pair<bool, uint64_t>, const uint8_t*> found_;
};

inline constexpr uint32_t kNoHome = UINT32_MAX;

/// What one chunk of one lane does, and the registers it does it with.
struct RowCode {
  std::vector<RowOp> ops;
  std::vector<Source> sources;
  std::vector<Entry> entries;
  std::vector<uint32_t> homes;  ///< per register: bytes from the first row of the scratch, or kNoHome
  std::vector<std::pair<uint32_t, const uint8_t*>> literals;
  uint32_t row_bytes = 0;  ///< of all homes
};

/// Where a value that no op of this step computes is found.
Source make_source(const Ir& ir, const Plan& plan, LiteralRows& literals, Value value);

/// An op of the table over rows: by the instruction set, or sample by sample through an added entry.
RowOp elementwise(const RowSet& set, Op op, Type argument, uint32_t count, std::vector<Entry>& entries);

/// True where a step gives the same bits op by op over rows as sample by sample: a time-parallel one, or a serial one
/// whose taps all read what was pushed before their row began or by a push that stands before them.
bool runs_over_rows(const Ir& ir, const Step& step);

/// `step` runs over rows. Once `poll` says stop, the code is unfinished and good for nothing.
RowCode decode_rows(const Ir& ir, const Plan& plan, const Step& step, const RowSet& set, LiteralRows& literals,
                    Poll& poll);

}  // namespace sinter::interpret
