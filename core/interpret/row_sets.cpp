// Which instruction sets of the block interpreter this processor and system can run.
#include "rows.hpp"

namespace sinter::interpret {

extern const RowSet kRows_baseline;
#ifdef SINTER_ROWS_avx2
extern const RowSet kRows_avx2, kRows_avx512;
#endif

uint32_t available_row_sets(const RowSet** sets, uint32_t room) {
  uint32_t count = 0;
  const auto offer = [&](const RowSet& set) {
    if (count < room) sets[count++] = &set;
  };
  offer(kRows_baseline);
#ifdef SINTER_ROWS_avx2
  // These ask the system as well: XGETBV says whether it saves the wide registers.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) offer(kRows_avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
    offer(kRows_avx512);
#endif
  return count;
}

}  // namespace sinter::interpret
